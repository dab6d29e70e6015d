"""A trace as a few plain lines: each event, what changed before it, and the values that were worked out.

What was evaluated in a comprehension or lambda has a dot in front; a round or call begins `with` its names.
"""

import ast
from typing import Any

from tracer.events import (
    Bind,
    Cut,
    DelItem,
    Event,
    Exact,
    Inner,
    New,
    Opaque,
    Printed,
    Probe,
    Read,
    Ref,
    SetItem,
    Span,
    Trace,
    Unbind,
)
from tracer.replay import State
from tracer.source_columns import SourceColumns


def tell(trace: Trace, source: str) -> str:
    """The whole trace; every line but the first of an event is indented."""
    state = State()
    told: list[str] = []
    text = _Text(source)
    for event in trace.events:
        told += [f"    {line}" for line in _changes(event, state, text)]
        told.append(_head(event, state))
        state.enter(event)
    return "\n".join(told) + "\n"


class _Text:
    """The source, and where names are bound in it."""

    def __init__(self, source: str) -> None:
        self._lines = source.split("\n")
        columns = SourceColumns(source)
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name | ast.arg)]
        bound = [node for node in nodes if isinstance(node, ast.arg) or not isinstance(node.ctx, ast.Load)]
        self.bound = {columns.span(node) for node in bound}

    def at(self, span: Span) -> str:
        first, start, last, end = span
        if first == last:
            return self._lines[first - 1][start:end]
        return f"{self._lines[first - 1][start:].strip()} …"


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


def _changes(event: Event, state: State, text: _Text) -> list[str]:
    told = []
    for change in event.changes:
        state.apply(change)
    for change in event.changes:
        match change:
            case Probe(span, value):
                told.append(f"{text.at(span)} is {_show(value, state)}")
            case Inner(span, value) if span in text.bound:
                told.append(f"· with {text.at(span)} = {_show(value, state)}")
            case Inner(span, value):
                told.append(f"· {text.at(span)} is {_show(value, state)}")
            case Cut(count):
                told.append(f"· {count} more")
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
