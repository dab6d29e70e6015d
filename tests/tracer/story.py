"""A trace as a few plain lines: each event, what changed before it, and the values that were worked out."""

from typing import Any

from tracer.events import Bind, DelItem, Event, Exact, New, Opaque, Printed, Probe, Read, Ref, SetItem, Trace, Unbind
from tracer.replay import State


def tell(trace: Trace, source: str) -> str:
    """The whole trace; every line but the first of an event is indented."""
    state = State()
    told: list[str] = []
    for event in trace.events:
        told += [f"    {line}" for line in _changes(event, state, source.split("\n"))]
        told.append(_head(event, state))
        state.enter(event)
    return "\n".join(told) + "\n"


def _show(value: Any, state: State, depth: int = 0) -> str:
    if isinstance(value, Opaque):
        return f"<{value.kind} {value.name}>"
    if isinstance(value, Exact):
        return value.text
    if not isinstance(value, Ref):
        return repr(value)
    held = state.look(value)
    if depth > 3:
        return "…"
    if isinstance(held.items, dict) and held.kind in ("dict", "object"):
        inner = ", ".join(f"{_key(k, held.kind)}: {_show(v, state, depth + 1)}" for k, v in held.items.items())
    else:
        inner = ", ".join(_show(item, state, depth + 1) for item in held.items)
    return f"{held.type}[{inner}]"


def _key(key: Any, kind: str) -> str:
    return str(key) if kind == "object" else repr(key)


def _changes(event: Event, state: State, lines: list[str]) -> list[str]:
    told = []
    for change in event.changes:
        state.apply(change)
    for change in event.changes:
        match change:
            case Probe((first, start, last, end), value):
                text = lines[first - 1][start:end] if first == last else f"{lines[first - 1][start:].strip()} …"
                told.append(f"{text} is {_show(value, state)}")
            case Bind(frame, name, value):
                told.append(f"{name}#{frame} = {_show(value, state)}")
            case Unbind(frame, name):
                told.append(f"{name}#{frame} is gone")
            case Printed(data):
                told.append(f"printed {data.decode()!r}")
            case Read(count):
                told.append(f"read {count}")
            case SetItem(id, key, value):
                told.append(f"{_show(Ref(id), state)} has {_show(value, state)} at {_show(key, state)}")
            case DelItem(id, key):
                told.append(f"{_show(Ref(id), state)} has lost {_show(key, state)}")
            case New():
                pass
            case _:
                told.append(f"now {_show(Ref(change.id), state)}")
    return told


def _head(event: Event, state: State) -> str:
    where = f"{event.kind} #{event.frame}"
    match event.kind:
        case "line":
            return f"{where} line {event.span[0] if event.span else 0}"
        case "call":
            args = ", ".join(f"{name}={_show(value, state)}" for name, value in event.args)
            return f"{where} {event.name}({args}) for #{event.parent}"
        case "return" | "yield":
            return f"{where} {_show(event.value, state)}"
        case "exception":
            return f"{where} {event.name}: {event.value}"
    return where
