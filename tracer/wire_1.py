"""Reads logs of version 1, which nothing writes any more: what their bytes mean, and the decoder.

A log is `NLXT`, a version byte, a varint length and a JSON header, then records until an END mark.
A record is one opcode byte and its operands. Counts and indices are LEB128 varints, a program's
integers two's complement in little-endian bytes, texts a varint byte length and UTF-8
(`surrogatepass`). Names and source spans are defined once (NAME, SPAN) and used by index. Mutable
and compound values are heap objects with small ids, defined by NEW in their state at that moment and
changed by element records afterwards; the definition of an object may come after a value that refers
to it, never after the next event. Change records stand before the event that they precede in time.
"""

import json
import struct
from collections.abc import Callable
from typing import Any

from tracer.events import (
    KEYED_KINDS,
    OBJECT_KINDS,
    Add,
    Bind,
    Change,
    DelItem,
    Discard,
    Event,
    EventKind,
    Exact,
    New,
    Opaque,
    Printed,
    Probe,
    Read,
    Refill,
    SetItem,
    Span,
    Splice,
    Trace,
    Unbind,
    Value,
)
from tracer.opcodes import MARKS
from tracer.operands import END as END_RECORD
from tracer.operands import Operands, WireError

VERSION = 1

# Definitions.
NAME, SPAN = 0x01, 0x02
# Changes.
NEW, BIND, UNBIND, SETITEM, DELITEM, SPLICE, ADD, DISCARD, REFILL, PROBE, PRINTED, READ = range(0x10, 0x1C)
# Events.
CALL, RESUME, LINE, RETURN, YIELD, UNWIND, EXCEPTION = range(0x30, 0x37)
# The end.
END = 0x7F

# Value tags.
V_NONE, V_TRUE, V_FALSE, V_ELLIPSIS, V_INT, V_FLOAT, V_STR, V_BYTES, V_COMPLEX, V_REF, V_OPAQUE, V_EXACT, V_TEXT = (
    range(13)
)

EVENT_KINDS: dict[int, EventKind] = {
    CALL: "call",
    RESUME: "resume",
    LINE: "line",
    RETURN: "return",
    YIELD: "yield",
    UNWIND: "unwind",
    EXCEPTION: "exception",
}


class _Reader(Operands):
    """Walks the bytes of a log."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.spans: list[Span] = []
        self._by_tag: tuple[Callable[[], Value], ...] = (
            lambda: None,
            lambda: True,
            lambda: False,
            lambda: ...,
            self.integer,
            self.double,
            self.text,
            self.raw,
            lambda: complex(self.double(), self.double()),
            self.ref,
            lambda: Opaque(self.name(), self.name()),
            lambda: Exact(self.name(), self.text()),
            self.name,
        )

    def place(self) -> Span:
        return self.spans[self.varint()]

    def value(self) -> Value:
        tag = self.data[self.at]
        self.at += 1
        try:
            return self._by_tag[tag]()
        except IndexError:
            if tag >= len(self._by_tag):
                raise WireError(f"unknown value tag {tag} at byte {self.at - 1}") from None
            raise

    def values(self) -> tuple[Value, ...]:
        return tuple([self.value() for _ in range(self.varint())])

    def items(self, keyed: bool) -> tuple[Any, ...]:
        if keyed:
            return tuple([(self.value(), self.value()) for _ in range(self.varint())])
        return self.values()


def _change(reader: _Reader, opcode: int, keyed: set[int]) -> Change:
    """One change record; `keyed` collects the ids of objects whose items are pairs."""
    match opcode:
        case 0x10:
            new = reader.varint()
            kind = OBJECT_KINDS[reader.byte()]
            if kind in KEYED_KINDS:
                keyed.add(new)
            return New(new, kind, reader.name(), reader.name(), reader.items(kind in KEYED_KINDS))
        case 0x11:
            return Bind(reader.varint(), reader.name(), reader.value())
        case 0x12:
            return Unbind(reader.varint(), reader.name())
        case 0x13:
            return SetItem(reader.varint(), reader.value(), reader.value())
        case 0x14:
            return DelItem(reader.varint(), reader.value())
        case 0x15:
            return Splice(reader.varint(), reader.varint(), reader.varint(), reader.values())
        case 0x16:
            return Add(reader.varint(), reader.value())
        case 0x17:
            return Discard(reader.varint(), reader.value())
        case 0x18:
            changed = reader.varint()
            return Refill(changed, reader.items(changed in keyed))
        case 0x19:
            return Probe(reader.place(), reader.value())
        case 0x1A:
            return Printed(reader.raw())
        case 0x1B:
            return Read(reader.varint())
    raise WireError(f"unknown record {opcode:#x} at byte {reader.at - 1}")


def _event(reader: _Reader, opcode: int, changes: tuple[Change, ...]) -> Event:
    kind = EVENT_KINDS[opcode]
    frame = reader.varint()
    match kind:
        case "line":
            return Event(kind, frame, changes, span=reader.place())
        case "call":
            parent, name, span = reader.varint(), reader.name(), reader.place()
            args = tuple([(reader.name(), reader.value()) for _ in range(reader.varint())])
            return Event(kind, frame, changes, span=span, name=name, parent=parent, args=args)
        case "return" | "yield":
            return Event(kind, frame, changes, value=reader.value())
        case "exception":
            return Event(kind, frame, changes, span=reader.place(), name=reader.name(), value=reader.value())
        case "resume":
            return Event(kind, frame, changes, parent=reader.varint())
    return Event(kind, frame, changes)


def decode(data: bytes) -> Trace:
    """The trace that a log of version 1 holds.

    Raises:
        WireError: a broken or unfinished log.
    """
    reader = _Reader(data)
    events: list[Event] = []
    changes: list[Change] = []
    keyed: set[int] = set()
    try:
        header: dict[str, Any] = json.loads(reader.text())
        while True:
            opcode = reader.byte()
            if opcode == NAME:
                reader.names.append(reader.text())
            elif opcode == SPAN:
                reader.spans.append(reader.span())
            elif opcode == END:
                _, mark, count = END_RECORD.unpack(data[reader.at - 1 :])
                if count != len(events):
                    raise WireError(f"the log ends at byte {reader.at} with {len(events)} events, said {count}")
                return Trace(header, tuple(events), MARKS[mark], tuple(changes))
            elif opcode in EVENT_KINDS:
                events.append(_event(reader, opcode, tuple(changes)))
                changes = []
            else:
                changes.append(_change(reader, opcode, keyed))
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise WireError(f"broken or unfinished log near byte {reader.at}: {error!r}") from error
