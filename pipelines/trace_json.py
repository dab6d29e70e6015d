"""A decoded trace as JSON-ready data: what `nlex trace --format json` prints."""

from dataclasses import fields
from typing import Any

from tracer.events import Change, Event, Exact, Opaque, Ref, Trace, Value


def value_json(value: Value) -> Any:
    """None, bool, int and str as they are; everything else as an object that names its kind."""
    match value:
        case None | bool() | int() | str():
            return value
        case float() | complex():
            return {type(value).__name__: repr(value)}
        case bytes():
            return {"bytes": repr(value)}
        case Ref():
            return {"ref": value.id}
        case Opaque():
            return {"opaque": value.kind, "name": value.name}
        case Exact():
            return {"exact": value.type, "text": value.text}
    return {"ellipsis": "..."}


def _field_json(name: str, item: Any) -> Any:
    if name in ("items", "args"):
        return [[value_json(each) for each in pair] if isinstance(pair, tuple) else value_json(pair) for pair in item]
    if name in ("value", "key"):
        return value_json(item)
    if isinstance(item, bytes):
        return item.decode("utf-8", "backslashreplace")
    return item


def _change_json(change: Change) -> dict[str, Any]:
    shown = {field.name: _field_json(field.name, getattr(change, field.name)) for field in fields(change)}
    return {"change": type(change).__name__.lower(), **shown}


def _event_json(event: Event) -> dict[str, Any]:
    shown: dict[str, Any] = {"event": event.kind, "frame": event.frame}
    if event.span is not None:
        shown["span"] = event.span
    if event.kind == "call":
        shown |= {"name": event.name, "parent": event.parent, "args": _field_json("args", event.args)}
    elif event.kind == "exception":
        shown |= {"name": event.name, "message": value_json(event.value)}
    elif event.kind in ("return", "yield"):
        shown["value"] = value_json(event.value)
    elif event.kind == "resume":
        shown["parent"] = event.parent
    return shown | {"changes": [_change_json(change) for change in event.changes]}


def trace_json(trace: Trace) -> dict[str, Any]:
    """The whole trace, event by event, each with the changes that came before it."""
    return {
        "header": trace.header,
        "mark": trace.mark,
        "events": [_event_json(event) for event in trace.events],
        "tail": [_change_json(change) for change in trace.tail],
    }
