"""Takes the commonest sentences by a short way: what it accepts is true, all else is left to the full reading."""

import ast
from collections.abc import Callable
from typing import Any

from templates.checking.claims import Fit
from templates.checking.flow import Running
from templates.checking.forms import fits, fits_stored
from templates.checking.moment import Moment
from templates.checking.place_text import Link, Nowhere, Place, key_of, read_place
from templates.checking.segment import NameChange, ObjectChange
from templates.checking.source_index import LOOPS
from templates.checking.value_match import is_text, plain_text
from templates.checking.value_text import Literal
from tracer.events import Opaque, Ref, SetItem, Splice, Value

Codes = tuple[str, ...]
Quick = Callable[[Moment, Codes, Fit], bool]
_ATOMS = (int, float, str, bytes, complex, type(None))
_PLAIN = frozenset({float, bool, type(None)})
_LARGE, _LONG = 10**300, 20_000
_ELEMENTS = frozenset({"list", "deque", "dict"})


def _is(moment: Moment, text: str, value: Any) -> bool:
    """Is this surely the text of a value, or of a container of plain ones, as it stands after the segment?"""
    if type(value) is Ref:
        return text == plain_text(moment.segment.now(value.id), len(text))
    return is_text(text, value)


def _alike(old: Any, new: Any) -> bool:
    """Does the old value have to be told with the new one?"""
    return type(old) is type(new) and isinstance(new, _ATOMS)


def _was(moment: Moment, text: str, value: Any) -> bool:
    """Was this surely its text before the segment?"""
    if type(value) is Ref:
        return text == plain_text(moment.segment.before(value.id), len(text))
    return is_text(text, value)


def _name(moment: Moment, name: str) -> NameChange | None:
    """The change of a name of the running frame, if it was not told yet."""
    made = moment.segment.names.get((moment.segment.frame, name))
    return made if made is not None and not made.told else None


def _told(moment: Moment, made: NameChange, text: str) -> bool:
    """Marks a change of a name as told, and retells it."""
    made.told = True
    moment.retelling.set_name(made.frame, made.name, text, made.new)  # type: ignore[arg-type]
    return True


def _change(moment: Moment, codes: Codes, fit: Fit) -> bool:
    place, old, value = fit.at
    made = _name(moment, codes[place])
    if made is not None:
        holds = _is(moment, codes[value], made.new) and _was(moment, codes[old], made.old)
        return holds and _told(moment, made, codes[value])
    return _element(moment, codes[place], codes[value], codes[old])


def _becomes(moment: Moment, codes: Codes, fit: Fit) -> bool:
    place, value = fit.at
    made = _name(moment, codes[place])
    if made is not None:
        return (
            not _alike(made.old, made.new) and _is(moment, codes[value], made.new) and _told(moment, made, codes[value])
        )
    return _element(moment, codes[place], codes[value], None)


def _put(moment: Moment, codes: Codes, fit: Fit) -> bool:
    place, value = fit.at
    made = _name(moment, codes[place])
    if made is not None:
        return _is(moment, codes[value], made.new) and _told(moment, made, codes[value])
    return _element(moment, codes[place], codes[value], None, any_old=True)


def _one_change(moment: Moment, place: Place, links: tuple[Link, ...]) -> tuple[int, ObjectChange] | None:
    """The only change, untold yet, of the object to which a name of the running frame leads all the while."""
    segment = moment.segment
    if (segment.frame, place.name) in segment.names:
        return None
    holder = segment.state.frames[segment.frame].names.get(place.name)
    for link in links:
        if type(holder) is not Ref or holder.id in segment.objects:
            return None
        found = segment.now(holder.id)
        try:
            holder = found.items[key_of(link, found, segment.now)]
        except Nowhere:
            return None
    if type(holder) is not Ref:
        return None
    changes = segment.objects.get(holder.id, ())
    if len(changes) != 1 or changes[0].told or changes[0].part:
        return None
    return holder.id, changes[0]


def _element(moment: Moment, text: str, value: str, old: str | None, *, any_old: bool = False) -> bool:
    """One element of a list or dict, or one attribute of an object, was set."""
    place = read_place(text)
    if not place.links:
        return False
    found = _one_change(moment, place, place.links[:-1])
    if found is None or type(found[1].change) is not SetItem:
        return False
    number, made = found
    change, link, kind = made.change, place.links[-1], moment.segment.now(number).kind
    assert isinstance(change, SetItem)
    if isinstance(link, str):
        if kind != "object" or link != change.key:
            return False
    elif type(link[0]) is not Literal or kind not in _ELEMENTS:
        return False
    else:
        key: Any = link[0].value
        if type(key) is not type(change.key) or key != change.key:
            return False
    if not _is(moment, value, change.value):
        return False
    if old is not None:
        if not _was(moment, old, made.old):
            return False
    elif not any_old and _alike(made.old, change.value):
        return False
    if not moment.retelling.set_item(number, link, value, change.value):
        return False
    made.told = True
    return True


def _stay(moment: Moment, codes: Codes, fit: Fit) -> bool:
    """A name that the statement binds has the value that it had."""
    place, value = fit.at
    name, segment, running = codes[place], moment.segment, moment.running
    if running is None or name not in running.statement.stored or name in moment.stayed:
        return False
    if (segment.frame, name) in segment.names:
        return False
    names = segment.state.frames[segment.frame].names
    if name not in names or (segment.objects and type(names[name]) is Ref):
        return False
    if not _is(moment, codes[value], names[name]):
        return False
    moment.stayed.add(name)
    moment.retelling.set_name(segment.frame, name, codes[value], names[name])
    return True


def _append(moment: Moment, codes: Codes, fit: Fit) -> bool:
    value, place = fit.at
    at = read_place(codes[place])
    found = _one_change(moment, at, at.links)
    if found is None or type(found[1].change) is not Splice:
        return False
    number, made = found
    change, holder = made.change, moment.segment.now(number)
    assert isinstance(change, Splice)
    if change.removed or len(change.items) != 1 or change.start + 1 != made.length or holder.kind == "bytearray":
        return False
    if not _is(moment, codes[value], change.items[0]) or fit.counts.get("n", made.length) != made.length:
        return False
    moment.retelling.append(number, codes[value], change.items[0])
    made.told = True
    return True


# Expressions.


def _worked(moment: Moment, source: str, forms: Codes, value: str) -> bool:
    """Is this the value of an expression of the running statement, and do the forms come to it?"""
    running = moment.running
    if running is None:
        return False
    for node in running.statement.nodes(moment.index, source):
        for known in running.probes.get(moment.index.span(node), ()):
            if _is(moment, value, known):
                return not forms or fits(moment, node, forms, value)
    return False


def _work(moment: Moment, codes: Codes, fit: Fit) -> bool:
    source, value = fit.at
    return _worked(moment, codes[source], codes[fit.start : fit.end] if fit.pattern.chain else (), codes[value])


def _return_work(moment: Moment, codes: Codes, fit: Fit) -> bool:
    running = moment.running
    if running is None or not isinstance(running.statement.node, ast.Return):
        return False
    source, value = fit.at
    if running.statement.node.value not in running.statement.nodes(moment.index, codes[source]):
        return False
    return _worked(moment, codes[source], codes[fit.start : fit.end] if fit.pattern.chain else (), codes[value])


def _stores(moment: Moment, name: str, source: str) -> bool:
    """Does the statement give this expression to this name?"""
    running = moment.running
    if running is None or not isinstance(running.statement.node, ast.Assign):
        return False
    node = running.statement.node
    target = node.targets[0]
    if len(node.targets) != 1 or not isinstance(target, ast.Name) or target.id != name:
        return False
    return node.value in running.statement.nodes(moment.index, source)


def _change_work(moment: Moment, codes: Codes, fit: Fit) -> bool:
    place, old, _, value = fit.at
    made = _name(moment, codes[place])
    if made is None or not _is(moment, codes[value], made.new) or not _was(moment, codes[old], made.old):
        return False
    return _stored_work(moment, codes, fit, made)


def _becomes_work(moment: Moment, codes: Codes, fit: Fit) -> bool:
    place, _, value = fit.at
    made = _name(moment, codes[place])
    if made is None or _alike(made.old, made.new) or not _is(moment, codes[value], made.new):
        return False
    return _stored_work(moment, codes, fit, made)


def _stored_work(moment: Moment, codes: Codes, fit: Fit, made: NameChange) -> bool:
    *_, source, value = fit.at
    if not _stores(moment, made.name, codes[source]):
        return False
    forms = codes[fit.start : fit.end] if fit.pattern.chain else ()
    return _worked(moment, codes[source], forms, codes[value]) and _told(moment, made, codes[value])


def _augmented(moment: Moment, codes: Codes, fit: Fit) -> bool:
    running = moment.running
    if running is None or not isinstance(running.statement.node, ast.AugAssign):
        return False
    node = running.statement.node
    if not isinstance(node.target, ast.Name) or codes[fit.at[0]] != moment.index.text(node):
        return False
    made = moment.segment.names.get((moment.segment.frame, node.target.id))
    if made is None:
        return False
    olds: Any = (made.old,)
    news: Any = (made.new,)
    return fits_stored(moment, node, codes[fit.start : fit.end], olds, news)


# Outcomes.


def _once(running: Running, what: str) -> bool:
    running.said.add(what)
    return True


def _condition(moment: Moment, codes: Codes, fit: Fit, came_out: bool) -> bool:
    running = moment.running
    if running is None or "condition" in running.said:
        return False
    node = running.statement.node
    if not isinstance(node, (ast.If, ast.While)) or moment.flow.goes_into_body(running) is not came_out:
        return False
    if not running.probes.get(moment.index.span(node.test)):
        return False
    (source,) = fit.at
    if source >= 0 and node.test not in running.statement.nodes(moment.index, codes[source]):
        return False
    forms = codes[fit.start : fit.end] if fit.pattern.chain else ()
    if forms and not fits(moment, node.test, forms):
        return False
    return _once(running, "condition")


def _condition_true(moment: Moment, codes: Codes, fit: Fit) -> bool:
    return _condition(moment, codes, fit, True)


def _condition_false(moment: Moment, codes: Codes, fit: Fit) -> bool:
    return _condition(moment, codes, fit, False)


def _branch(moment: Moment, fit: Fit, taken: bool) -> bool:
    running = moment.running
    if running is None or not isinstance(running.statement.node, ast.If) or "branch" in running.said:
        return False
    if not running.probes.get(moment.index.span(running.statement.node.test)):
        return False
    if moment.flow.goes_into_body(running) is not taken:
        return False
    line = fit.counts.get("l")
    return (line is None or line == moment.flow.next_line(running)) and _once(running, "branch")


def _take(moment: Moment, codes: Codes, fit: Fit) -> bool:
    return _branch(moment, fit, True)


def _skip(moment: Moment, codes: Codes, fit: Fit) -> bool:
    return _branch(moment, fit, False)


def _iteration(moment: Moment, codes: Codes, fit: Fit) -> bool:
    running = moment.running
    if running is None or not isinstance(running.statement.node, LOOPS) or "iteration" in running.said:
        return False
    if fit.counts["k"] != running.count or moment.flow.goes_into_body(running) is not True:
        return False
    return _once(running, "iteration")


# Calls.


def _call(moment: Moment, codes: Codes, fit: Fit) -> bool:
    """A call with plain values and containers of these for arguments."""
    event = moment.event
    if event.kind != "call" or moment.mains or max(fit.at[1:], default=-1) >= 0:
        return False
    told: list[tuple[str, str, Value]] = []
    for name, value in event.args:
        text = _plain(moment, value)
        if not text:
            return False
        told.append((name, text, value))
    if codes[fit.at[0]] != f"{event.name}({', '.join([f'{name}={text}' for name, text, _ in told])})":
        return False
    counts, frames = fit.counts, moment.flow.frames
    if counts.get("d", frames[event.frame].depth) != frames[event.frame].depth:
        return False
    if "l" in counts:
        held = moment.segment.state.frames.get(event.parent)
        if held is None or held.line is None or held.line[0] != counts["l"]:
            return False
    moment.mains += 1
    moment.retelling.begin_call(event.frame, told)
    return True


def _plain(moment: Moment, value: Value) -> str:
    """The text of a plain value or a container of these; empty for all else and for what is long."""
    kind = type(value)
    if kind is Ref:
        return plain_text(moment.segment.now(value.id), _LONG)  # type: ignore[union-attr]
    if kind is Opaque:
        return f"<{value.kind} {value.name}>"  # type: ignore[union-attr]
    if kind in _PLAIN or (kind is int and -_LARGE < value < _LARGE) or (kind is str and len(value) < _LONG):  # type: ignore[operator, arg-type]
        return repr(value)
    return ""


def _call_itself(moment: Moment, codes: Codes, fit: Fit) -> bool:
    caller = moment.flow.frames.get(moment.event.parent)
    if caller is None or caller.defined is None or caller.defined != moment.event.span:
        return False
    return _call(moment, codes, fit)


QUICK: dict[str, Quick] = {
    "change": _change,
    "becomes": _becomes,
    "put": _put,
    "stay": _stay,
    "append": _append,
    "work": _work,
    "change_work": _change_work,
    "becomes_work": _becomes_work,
    "return_work": _return_work,
    "augmented": _augmented,
    "condition_true": _condition_true,
    "condition_false": _condition_false,
    "take": _take,
    "skip": _skip,
    "iteration": _iteration,
    "call": _call,
    "call_itself": _call_itself,
}
"""The kinds that have a short way."""
