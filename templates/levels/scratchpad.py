"""Writes an execution as a compact scratchpad: one short step an event, with what changed and how it went on."""

from schemas.narration import Narration
from templates.execution import Execution
from templates.flow import Flow, read_flow
from templates.levels.net import NetTeller
from templates.levels.regions import Regions, read_regions
from templates.narrator import NarrationError, answer, model_of
from templates.program_model import Statement
from templates.prompts import narration_prompt
from templates.sentences import Voice, code
from templates.values import value_text
from tracer.events import EVALUATED, Change, Event, Probe


def narrate_state(execution: Execution, say: Voice, seed: int = 0) -> Narration:
    """The scratchpad of an execution.

    Raises:
        NarrationError: the trace is cut, or the source has no model.
    """
    trace = execution.trace
    regions = read_regions(trace, model_of(execution))
    for event, statement in zip(trace.events, regions.statements, strict=True):
        if event.kind == "line" and statement is None:
            raise NarrationError("statement", f"no statement begins where an event stands: {event.span}")
    steps = _Scratchpad(execution, regions, say).steps()
    say.begin(0)
    explanation = "\n".join([say("opening"), "", *steps, "", say("closing")])
    return Narration(
        narration_prompt(execution, seed, "state"), explanation, answer(execution), "state", len(steps), folded=0
    )


class _Scratchpad:
    """One telling."""

    def __init__(self, execution: Execution, regions: Regions, say: Voice) -> None:
        self.execution = execution
        self.say = say
        self.regions = regions
        self.events = execution.trace.events
        self.flow: Flow = read_flow(execution.trace)
        self.teller = NetTeller(say, execution.stdin, single=True)
        self.rounds = {header: count for visit in regions.visits for count, header in enumerate(visit.headers, start=1)}
        self.tested: set[int] = set()

    def steps(self) -> list[str]:
        """All steps, numbered."""
        trace, state = self.execution.trace, self.teller.state
        self.teller.pass_over(self.events[0].changes)
        told: list[str] = []
        for number, event in enumerate(self.events):
            following = self.events[number + 1].changes if number + 1 < len(self.events) else trace.tail
            self.say.begin(number + 1)
            said = self._event(number, event)
            state.enter(event)
            frame = state.current if state.current in state.frames else 0
            owner = self.flow.owner[number]
            running = self.regions.statements[owner] if owner >= 0 else None
            before = self.teller.before(following, frame)
            self.teller.pass_over(following)
            if running is not None:
                self._note_test(owner, running, following)
                said += self._outcome(owner, number, running)
                if owner == number:
                    said += self._names(running)
            known = _defined(running) if running is not None else ()
            said += self.teller.tell(following, frame, before, known)
            if not said:
                said = [self._otherwise(number, following)]
            line = event.span[0] if event.kind == "line" and event.span else 0
            told.append(f"{number + 1}. {f'Line {line}: ' if line else ''}{' '.join(said)}")
        return told

    def _note_test(self, owner: int, running: Statement, changes: tuple[Change, ...]) -> None:
        if running.kind == "assert" and running.test is not None:
            span = running.test.span
            if any(isinstance(change, Probe) and change.span == span for change in changes):
                self.tested.add(owner)

    def _outcome(self, owner: int, number: int, running: Statement) -> list[str]:
        """How a condition or a loop's header came out, in the last segment that belongs to it."""
        if self.flow.raised[owner]:
            if running.kind == "assert" and owner in self.tested and number + 1 < len(self.events):
                return [self.say("condition_false")] if self.events[number + 1].kind == "exception" else []
            return []
        if self.flow.last[owner] != number:
            return []
        follows = self.flow.follows[owner]
        span = self.events[follows].span if follows >= 0 else None
        goes_in = span is not None and running.holds(span[:2])
        match running.kind:
            case "if":
                return [self.say("condition_true" if goes_in else "condition_false")]
            case "assert":
                return [self.say("condition_true")]
            case "for" | "while" if owner in self.rounds:
                count = self.rounds[owner]
                return [self.say("iteration", count) if goes_in else self.say("loop_end", count - 1)]
        return []

    def _names(self, running: Statement) -> list[str]:
        match running.kind:
            case "def" | "class":
                return [self.say("define_function", code(running.label))]
            case "import":
                return [self.say("import", code(running.label))]
            case "return":
                return [self.say("return_source")]
        return []

    def _otherwise(self, number: int, changes: tuple[Change, ...]) -> str:
        """What a step without anything to tell says: that nothing changes, if the statement is over."""
        goes_on = number + 1 < len(self.events) and self.events[number + 1].kind not in ("line", "return")
        busy = goes_on or not all(type(change) in EVALUATED for change in changes)
        return self.say("evaluate" if busy else "idle")

    def _event(self, number: int, event: Event) -> list[str]:
        say, state = self.say, self.teller.state
        name = state.frames[event.frame].name if event.frame in state.frames else ""
        top = event.frame == 0
        heap = state.heap
        match event.kind:
            case "call":
                arguments = ", ".join(f"{key}={value_text(value, heap)}" for key, value in event.args)
                return [say("call", code(f"{event.name}({arguments})"))]
            case "resume":
                return [say("resume")]
            case "yield":
                return [say("yield", code(value_text(event.value, heap)))]
            case "return" if top and self.execution.call is None:
                return [say("program_end")]
            case "return":
                value = code(value_text(event.value, heap))
                return [say("call_end", value) if top else say("return", value)]
            case "exception":
                passes = number in self.flow.came_from
                if not passes:
                    return [say("raise", code(event.name))]
                return [
                    say("pass_on__module", code(event.name)) if top else say("pass_on", code(event.name), code(name))
                ]
            case "unwind":
                return [say("program_fails") if top else say("unwind", code(name))]
        return []


def _defined(statement: Statement) -> tuple[str, ...]:
    """The names that a statement's own sentence says it binds."""
    match statement.kind:
        case "def" | "class":
            return (statement.label,)
        case "import":
            return tuple(statement.label.split(", "))
    return ()
