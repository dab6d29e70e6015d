"""Holds sentences about calls, returns, yields and exceptions against an event."""

from templates.checking.claims import Claim
from templates.checking.moment import Moment, Verify, refuse_unless
from templates.checking.value_match import Look, same_fields
from templates.checking.value_text import Literal, Reader, Unreadable, read_value
from tracer.events import Event


def _is_main(moment: Moment, *kinds: str) -> None:
    refuse_unless(moment.event.kind in kinds, f"this step is no {' or '.join(kinds)}, it is a {moment.event.kind}")
    refuse_unless(not moment.mains, "the event was told before")
    moment.mains += 1


def _name(moment: Moment) -> str:
    activation = moment.flow.frames.get(moment.event.frame)
    return activation.name if activation is not None else moment.returned_to[0]


def _call(moment: Moment, claim: Claim) -> None:
    _is_main(moment, "call")
    hold_call(moment, claim, moment.event, moment.segment.now)


def hold_call(moment: Moment, claim: Claim, event: Event, look: Look) -> None:
    """Holds the function, arguments, depth and waiting caller that a sentence names against a `call` event."""
    text = claim.code["call"]
    refuse_unless(text.startswith(event.name + "("), f"the function is `{event.name}`")
    reader = Reader(text, len(event.name) + 1)
    items = reader.items(")", fields=True)
    if reader.at != len(text):
        raise Unreadable("the call goes on after its parenthesis")
    refuse_unless(same_fields(items, list(event.args), look), "the arguments are others")
    depth = moment.flow.frames[event.frame].depth
    refuse_unless(claim.counts.get("d", depth) == depth, f"the depth is {depth}")
    caller = moment.flow.frames.get(event.parent)
    if "waiter" in claim.code:
        refuse_unless(caller is not None and event.parent != 0, "no function waits for it")
        refuse_unless(caller is not None and claim.code["waiter"] == caller.name, "another function waits for it")
    _holds_line(moment, claim, event.parent)


def _holds_line(moment: Moment, claim: Claim, frame: int) -> None:
    """Holds the line that a sentence names against the one where a frame waits or was paused."""
    if "l" in claim.counts:
        held = moment.segment.state.frames.get(frame)
        line = held.line[0] if held is not None and held.line is not None else None
        refuse_unless(line is not None, "no line waits")
        refuse_unless(claim.counts["l"] == line, f"the line is {line}")


def _call_itself(moment: Moment, claim: Claim) -> None:
    caller = moment.flow.frames.get(moment.event.parent)
    same = caller is not None and caller.defined is not None and caller.defined == moment.event.span
    refuse_unless(same, "another function calls it")
    _call(moment, claim)


def _resume(moment: Moment, claim: Claim) -> None:
    _is_main(moment, "resume")
    _holds_name(claim, _name(moment))
    _holds_line(moment, claim, moment.event.frame)


def _holds_name(claim: Claim, name: str) -> None:
    refuse_unless(claim.code.get("name", name) == name, f"the function is `{name}`")


def _returns(moment: Moment, claim: Claim) -> None:
    refuse_unless(moment.event.frame != 0, "no function returns here")
    _gives(moment, claim)


def _gives(moment: Moment, claim: Claim) -> None:
    _holds_name(claim, moment.returned_to[0])
    refuse_unless(
        moment.is_value(claim.code["value"], moment.event.value, at_any_time=True), "the value is another one"
    )


def _return(moment: Moment, claim: Claim) -> None:
    _is_main(moment, "return")
    _returns(moment, claim)
    line = moment.returned_to[1]
    refuse_unless(line is not None, "no line waits for it")
    refuse_unless(claim.counts.get("l", line) == line, f"line {line} waits for it")
    if "source" in claim.code:
        running, probes = moment.running, moment.segment.probes
        refuse_unless(running is not None and bool(probes), "no expression takes it")
        assert running is not None
        nodes = moment.index.find(running.statement, claim.code["source"])
        refuse_unless(bool(nodes), "the statement that waits has no such expression")
        takes = any(moment.index.span(node) == probes[0].span for node in nodes)
        refuse_unless(takes, "it is the value of another expression")


def _return_end(moment: Moment, claim: Claim) -> None:
    _is_main(moment, "return")
    _returns(moment, claim)
    refuse_unless(moment.returned_to[1] is None, f"line {moment.returned_to[1]} waits for it")


def _yield(moment: Moment, claim: Claim) -> None:
    _is_main(moment, "yield")
    _holds_name(claim, _name(moment))
    refuse_unless(
        moment.is_value(claim.code["value"], moment.event.value, at_any_time=True), "the value is another one"
    )
    _holds_line(moment, claim, moment.event.frame)


def _raise(moment: Moment, claim: Claim) -> None:
    _is_main(moment, "exception")
    event = moment.event
    refuse_unless(moment.left != event.name, "it was not raised here, it passes on from a function that it left")
    refuse_unless(claim.code["type"] == event.name, f"the exception is `{event.name}`")
    if "message" in claim.code:
        told = read_value(claim.code["message"])
        refuse_unless(isinstance(event.value, str), "its message is not known")
        refuse_unless(isinstance(told, Literal) or moment.is_value(claim.code["message"], event.value), "it is no str")
        refuse_unless(moment.is_value(claim.code["message"], event.value), "its message is another one")


def _pass_on(moment: Moment, claim: Claim) -> None:
    _is_main(moment, "exception")
    event = moment.event
    refuse_unless(moment.left == event.name, "it comes from no function that it left")
    refuse_unless(claim.code["type"] == event.name, f"the exception is `{event.name}`")
    if "name" in claim.code:
        refuse_unless(event.frame != 0, "it passes on into the module")
        refuse_unless(claim.code["name"] == _name(moment), f"the function is `{_name(moment)}`")
    else:
        refuse_unless(event.frame == 0, f"it passes on into `{_name(moment)}`")


def _unwind(moment: Moment, claim: Claim) -> None:
    _is_main(moment, "unwind")
    refuse_unless(moment.event.frame != 0, "it ends the program")
    _holds_name(claim, moment.returned_to[0])


def _program_end(moment: Moment, claim: Claim) -> None:
    _is_main(moment, "return")
    refuse_unless(moment.event.frame == 0 and moment.execution.kind == "stdin", "the program does not end here")


def _call_end(moment: Moment, claim: Claim) -> None:
    _is_main(moment, "return")
    refuse_unless(moment.event.frame == 0 and moment.execution.kind == "function", "the call does not end here")
    refuse_unless(moment.is_value(claim.code["value"], moment.event.value), "the value is another one")


def _program_fails(moment: Moment, claim: Claim) -> None:
    _is_main(moment, "unwind")
    refuse_unless(moment.event.frame == 0, "it leaves a function")


EVENTS: dict[str, Verify] = {
    "call": _call,
    "call_itself": _call_itself,
    "resume": _resume,
    "return": _return,
    "return_end": _return_end,
    "yield": _yield,
    "raise": _raise,
    "pass_on": _pass_on,
    "unwind": _unwind,
    "program_end": _program_end,
    "call_end": _call_end,
    "program_fails": _program_fails,
}
