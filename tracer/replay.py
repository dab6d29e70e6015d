"""Replays a trace: after each event, every frame's names, the heap and the output so far, as they truly were."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tracer.events import (
    Add,
    Bind,
    Change,
    Cut,
    DelItem,
    Discard,
    Event,
    Inner,
    New,
    Printed,
    Probe,
    Read,
    Ref,
    Refill,
    SetItem,
    Span,
    Splice,
    Trace,
    Unbind,
    Value,
)


@dataclass
class HeapObject:
    """A container or instance as it stands.

    Attributes:
        kind: `list`, `tuple`, `dict`, `set`, `frozenset`, `deque`, `bytearray` or `object`.
        type: the class's name (`list`, `Counter`, `Node`).
        note: see `tracer.events.New`.
        items: a list (list, tuple, deque, bytearray: ints) or a dict (dict: key to value; object:
            attribute to value; sets: element to None).
    """

    id: int
    kind: str
    type: str
    note: str
    items: Any


@dataclass
class Frame:
    """A function's activation; frame 0 is the module.

    Attributes:
        parent: the frame that waits for it (0 for the module itself).
        line: the span of the statement that runs or waits, None before the first.
    """

    number: int
    name: str
    parent: int
    names: dict[str, Value] = field(default_factory=dict)
    line: Span | None = None


def _fill(kind: str, items: tuple[Any, ...]) -> Any:
    if kind in ("dict", "object"):
        return dict(items)
    if kind in ("set", "frozenset"):
        return dict.fromkeys(items)
    if kind == "bytearray":
        return list(b"".join(items))
    return list(items)


class State:
    """The program's visible state at one moment; `step` moves it past the next event."""

    def __init__(self) -> None:
        self.heap: dict[int, HeapObject] = {}
        self.frames: dict[int, Frame] = {0: Frame(0, "<module>", 0)}
        self.current = 0
        self.stdout = bytearray()
        self.stdin_read = 0

    def look(self, ref: Ref) -> HeapObject:
        """The object behind a reference."""
        return self.heap[ref.id]

    def apply(self, change: Change) -> None:
        """Makes one change; what was evaluated changes nothing."""
        match change:
            case Probe() | Inner() | Cut():
                pass
            case New(id, kind, type_name, note, items):
                self.heap[id] = HeapObject(id, kind, type_name, note, _fill(kind, items))
            case Bind(frame, name, value):
                self.frames[frame].names[name] = value
            case Unbind(frame, name):
                self.frames[frame].names.pop(name, None)
            case SetItem(id, key, value):
                self.heap[id].items[key] = value
            case DelItem(id, key):
                del self.heap[id].items[key]
            case Splice(id, start, removed, items):
                kept = self.heap[id].items
                kept[start : start + removed] = _fill(self.heap[id].kind, items)
            case Add(id, value):
                self.heap[id].items[value] = None
            case Discard(id, value):
                del self.heap[id].items[value]
            case Refill(id, items):
                self.heap[id].items = _fill(self.heap[id].kind, items)
            case Printed(data):
                self.stdout += data
            case Read(count):
                self.stdin_read += count

    def enter(self, event: Event) -> None:
        """Moves control to where an event says it is (its changes must have been applied)."""
        match event.kind:
            case "line":
                self.current = event.frame
                self.frames[event.frame].line = event.span
            case "call":
                self.current = event.frame
                self.frames[event.frame] = Frame(event.frame, event.name, event.parent, dict(event.args))
            case "resume":
                self.current = event.frame
                self.frames[event.frame].parent = event.parent
            case "exception":
                self.current = event.frame
            case "yield" | "return" | "unwind":
                left = self.frames[event.frame]
                self.current = left.parent
                if event.kind != "yield" and event.frame != 0:
                    del self.frames[event.frame]

    def step(self, event: Event) -> None:
        """Applies an event's changes, then the event itself."""
        for change in event.changes:
            self.apply(change)
        self.enter(event)


def replay(trace: Trace) -> Iterator[tuple[Event, State]]:
    """Each event with the state right after it; the same `State` object is changed in place."""
    state = State()
    for event in trace.events:
        state.step(event)
        yield event, state
    for change in trace.tail:
        state.apply(change)
