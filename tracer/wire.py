"""The trace log: what its bytes mean, and the decoder; `tracer.writer` makes them.

A log is `NLXT`, a version byte, a varint length and a JSON header, then records until an END mark. A
record is one opcode byte of `tracer.opcodes` and its operands. Counts and indices are LEB128 varints,
texts a varint byte length and UTF-8 (`surrogatepass`).

Definitions stand before their first use and are used by index from 0 on, in tables of their own:
NAME a text; PIECED, in the same table, one made of an earlier text: a text in front, the index, start
and length of what is taken of it, and a text behind; STATEMENT a source span (four varints); PROBED the
span of a probed expression behind the index of its name plus one (0: it is no name); PROBED_INSIDE, in the
same table, one in a comprehension or lambda, or a name that is bound there; FUNCTION name, statement of the
`def`, count and names of the arguments.

Values are a tag and a body: integers of up to two or four bytes (little-endian two's complement), or a
size byte (0xFF: a varint size) and that many; common small integers and references in the tag itself. In a list
of items V_REPEAT, a count and a value stand for that many equal ones. Mutable and compound values are
heap objects with small ids, defined by NEW in their state at that moment and changed by element
records afterwards; the definition of an object may come after a value that refers to it, never after
the next event. APPEND, POP_LAST and POP_FIRST are the commonest splices.

The log keeps a current frame, at first the module's, 0. A CALL opens the next number, waited for by
the current frame; RESUME enters a paused one in the same way; RETURN, YIELD and UNWIND go back to the
frame that waits; FRAME goes anywhere. All events and BIND_HERE are of the current frame.

PROBE is the index of a probed expression and its value. PROBE_NAME leaves out a value that is the
current binding of the expression's name, in the current frame or else in the module. NEXT and
NEXT_NAME leave out the index too where it is the one that followed last time: after the same probe,
or, for the first since a LINE, after the same statement. CUT is how many evaluations in comprehensions
and lambdas are left out before the next event.

Change records stand before the event that they precede in time.

Version 2 had neither PROBED_INSIDE nor CUT; version 1 is in `tracer.wire_1`.
"""

import gc
import json
import struct
from collections.abc import Callable
from typing import Any

from tracer import opcodes as op
from tracer import wire_1
from tracer.events import (
    KEYED_KINDS,
    OBJECT_KINDS,
    Add,
    Bind,
    Change,
    Cut,
    DelItem,
    Discard,
    Event,
    Exact,
    Inner,
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
from tracer.operands import END, Operands, WireError

__all__ = ["END_BYTES", "WireError", "decode", "end", "read_end"]

END_BYTES = END.size
_OLDEST = 2
"""The oldest version that this decoder reads."""
_SMALL_INTS: tuple[int, ...] = tuple(range(op.LEAST_INT, op.LEAST_INT + op.SHORT_INTS))


class _Decoder(Operands):
    """Walks the bytes of a log and keeps what its records leave out."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.statements: list[Span] = []
        self.probed: list[tuple[Span, str | None, type[Probe] | type[Inner]]] = []
        self.functions: list[tuple[str, Span, tuple[str, ...]]] = []
        self.events: list[Event] = []
        self.changes: list[Change] = []
        self.frame = 0
        self.bound: dict[int, dict[str, Value]] = {0: {}}
        self.waiting: dict[int, int] = {0: 0}
        self.opened = 0
        self.sizes: dict[int, int] = {}
        self.keyed: set[int] = set()
        self.follower: dict[int, int] = {}
        self.last_probe = 0
        self._by_tag: tuple[Callable[[], Value], ...] = (
            lambda: None,
            lambda: True,
            lambda: False,
            lambda: ...,
            self.integer,
            lambda: self.packed("<h", 2),
            lambda: self.packed("<i", 4),
            self.double,
            self.text,
            self.raw,
            lambda: complex(self.double(), self.double()),
            self.ref,
            lambda: Opaque(self.name(), self.name()),
            lambda: Exact(self.name(), self.text()),
            self.name,
        )
        self._by_opcode: dict[int, Callable[[], None]] = {
            op.NAME: lambda: self.names.append(self.text()),
            op.PIECED: self._define_piece,
            op.STATEMENT: lambda: self.statements.append(self.span()),
            op.PROBED: lambda: self._define_probe(Probe),
            op.PROBED_INSIDE: lambda: self._define_probe(Inner),
            op.FUNCTION: self._define_function,
            op.NEW: self._new,
            op.BIND: lambda: self._bind(self.varint(), self.name(), self.value()),
            op.BIND_HERE: lambda: self._bind(self.frame, self.name(), self.value()),
            op.UNBIND: self._unbind,
            op.SETITEM: lambda: self.changes.append(SetItem(self.varint(), self.value(), self.value())),
            op.DELITEM: lambda: self.changes.append(DelItem(self.varint(), self.value())),
            op.SPLICE: lambda: self._splice(self.varint(), self.varint(), self.varint(), self.items()),
            op.APPEND: self._append,
            op.POP_LAST: self._pop_last,
            op.POP_FIRST: lambda: self._splice(self.varint(), 0, 1, ()),
            op.ADD: lambda: self.changes.append(Add(self.varint(), self.value())),
            op.DISCARD: lambda: self.changes.append(Discard(self.varint(), self.value())),
            op.REFILL: self._refill,
            op.PROBE: lambda: self._probe(self.varint(), implied=False),
            op.PROBE_NAME: lambda: self._probe(self.varint(), implied=True),
            op.NEXT: lambda: self._probe(self.follower[self.last_probe], implied=False),
            op.NEXT_NAME: lambda: self._probe(self.follower[self.last_probe], implied=True),
            op.PRINTED: lambda: self.changes.append(Printed(self.raw())),
            op.READ: lambda: self.changes.append(Read(self.varint())),
            op.CUT: lambda: self.changes.append(Cut(self.varint())),
            op.FRAME: self._go,
            op.CALL: self._call,
            op.RESUME: self._resume,
            op.LINE: lambda: self._line(self.varint()),
            op.RETURN: lambda: self._leave(Event("return", self.frame, self._take(), value=self.value())),
            op.YIELD: lambda: self._leave(Event("yield", self.frame, self._take(), value=self.value())),
            op.UNWIND: lambda: self._leave(Event("unwind", self.frame, self._take())),
            op.EXCEPTION: self._exception,
        }

    # Values.

    def value(self) -> Value:
        tag = self.data[self.at]
        self.at += 1
        if tag >= op.SHORT_INT:
            return _SMALL_INTS[tag - op.SHORT_INT]
        if tag >= op.SHORT_REF:
            return self.ref_to(tag - op.SHORT_REF)
        if tag == op.V_REPEAT:
            raise WireError(f"a repeated value outside of a list of items at byte {self.at - 1}")
        return self._by_tag[tag]()

    def items(self) -> tuple[Value, ...]:
        """As many values as a count says, repeated ones spread out."""
        count = self.varint()
        found: list[Value] = []
        value = self.value
        while len(found) < count:
            if self.data[self.at] == op.V_REPEAT:
                self.at += 1
                times = self.varint()
                if times > count - len(found):
                    raise WireError(f"more repeated values than the {count} items hold at byte {self.at}")
                found += [value()] * times
            else:
                found.append(value())
        return tuple(found)

    def _contents(self, keyed: bool) -> tuple[Any, ...]:
        items = self.items()
        return tuple(zip(items[::2], items[1::2], strict=True)) if keyed else items

    # Definitions.

    def _define_piece(self) -> None:
        front, base, start, length = self.text(), self.name(), self.varint(), self.varint()
        self.names.append(front + base[start : start + length] + self.text())

    def _define_probe(self, kind: type[Probe] | type[Inner]) -> None:
        number = self.varint()
        name = self.names[number - 1] if number else None
        self.probed.append((self.span(), name, kind))

    def _define_function(self) -> None:
        name, span = self.name(), self.statements[self.varint()]
        self.functions.append((name, span, tuple([self.name() for _ in range(self.varint())])))

    # Changes.

    def _new(self) -> None:
        number, kind = self.varint(), OBJECT_KINDS[self.varint()]
        keyed = kind in KEYED_KINDS
        if keyed:
            self.keyed.add(number)
        new = New(number, kind, self.name(), self.name(), self._contents(keyed))
        self.sizes[number] = len(b"".join(new.items)) if kind == "bytearray" else len(new.items)
        self.changes.append(new)

    def _bind(self, frame: int, name: str, value: Value) -> None:
        self.bound[frame][name] = value
        self.changes.append(Bind(frame, name, value))

    def _unbind(self) -> None:
        frame, name = self.varint(), self.name()
        self.bound[frame].pop(name, None)
        self.changes.append(Unbind(frame, name))

    def _splice(self, number: int, start: int, removed: int, items: tuple[Value, ...]) -> None:
        self.sizes[number] += len(items) - removed
        self.changes.append(Splice(number, start, removed, items))

    def _append(self) -> None:
        number = self.varint()
        self._splice(number, self.sizes[number], 0, (self.value(),))

    def _pop_last(self) -> None:
        number = self.varint()
        self._splice(number, self.sizes[number] - 1, 1, ())

    def _refill(self) -> None:
        number = self.varint()
        refill = Refill(number, self._contents(number in self.keyed))
        self.sizes[number] = len(refill.items)
        self.changes.append(refill)

    def _probe(self, number: int, *, implied: bool) -> None:
        self.follower[self.last_probe] = number
        self.last_probe = number + 1
        span, name, kind = self.probed[number]
        if not implied:
            self.changes.append(kind(span, self.value()))
            return
        if name is None:
            raise WireError(f"a value is left out for an expression that is no name at byte {self.at}")
        names = self.bound[self.frame]
        self.changes.append(kind(span, names[name] if name in names else self.bound[0][name]))

    # Events.

    def _take(self) -> tuple[Change, ...]:
        changes = tuple(self.changes)
        self.changes = []
        return changes

    def _go(self) -> None:
        self.frame = self.varint()
        if self.frame not in self.bound:
            raise WireError(f"no frame {self.frame} is open at byte {self.at}")

    def _call(self) -> None:
        name, span, arguments = self.functions[self.varint()]
        args = tuple([(argument, self.value()) for argument in arguments])
        parent, self.opened = self.frame, self.opened + 1
        self.frame = self.opened
        self.waiting[self.frame] = parent
        self.bound[self.frame] = dict(args)
        self.events.append(Event("call", self.frame, self._take(), span=span, name=name, parent=parent, args=args))

    def _resume(self) -> None:
        parent = self.frame
        self._go()
        self.waiting[self.frame] = parent
        self.events.append(Event("resume", self.frame, self._take(), parent=parent))

    def _line(self, number: int) -> None:
        self.last_probe = -1 - number
        self.events.append(Event("line", self.frame, self._take(), span=self.statements[number]))

    def _leave(self, event: Event) -> None:
        self.events.append(event)
        left, self.frame = self.frame, self.waiting[self.frame]
        if event.kind != "yield" and left:
            del self.bound[left]

    def _exception(self) -> None:
        span, name, value = self.statements[self.varint()], self.name(), self.value()
        self.events.append(Event("exception", self.frame, self._take(), span=span, name=name, value=value))

    def run(self) -> Trace:
        """Reads every record."""
        header: dict[str, Any] = json.loads(self.text())
        data, by_opcode = self.data, self._by_opcode
        while True:
            opcode = data[self.at]
            self.at += 1
            if opcode >= op.SHORT_LINE:
                self._line(opcode - op.SHORT_LINE)
            elif op.SHORT_BIND <= opcode < op.SHORT_BIND + op.SHORT_BINDS:
                self._bind(self.frame, self.names[opcode - op.SHORT_BIND], self.value())
            elif opcode == op.END:
                mark, count = read_end(data)
                if count != len(self.events) or self.at + END_BYTES - 1 != len(data):
                    raise WireError(f"the log ends at byte {self.at} with {len(self.events)} events, said {count}")
                return Trace(header, tuple(self.events), mark, tuple(self.changes))
            elif opcode in by_opcode:
                by_opcode[opcode]()
            else:
                raise WireError(f"unknown record {opcode:#x} at byte {self.at - 1}")


def end(mark: str, events: int) -> bytes:
    """The END record."""
    return END.pack(op.END, op.MARKS.index(mark), events)


def read_end(data: bytes) -> tuple[str, int]:
    """A log's mark and its number of events, from its last bytes alone.

    Raises:
        WireError: the log has no end mark.
    """
    try:
        opcode, mark, count = END.unpack(data[-END.size :])
        if opcode == op.END:
            return op.MARKS[mark], count
    except (struct.error, IndexError):
        pass
    raise WireError("the log stops without an END mark")


def decode(data: bytes) -> Trace:
    """The trace that a log of this or an older version holds.

    Raises:
        WireError: no log, a newer version, or a broken or unfinished one.
    """
    collecting = gc.isenabled()
    # A trace is a great many small records without cycles: collecting while they are made doubles the time.
    gc.disable()
    try:
        return _decode(data)
    finally:
        if collecting:
            gc.enable()


def _decode(data: bytes) -> Trace:
    if data[:4] != op.MAGIC:
        raise WireError(f"not a trace log: it begins with {data[:4]!r}, expected {op.MAGIC!r}")
    version = data[4:5].hex()
    if data[4:5] == bytes([wire_1.VERSION]):
        return wire_1.decode(data)
    if not bytes([_OLDEST]) <= data[4:5] <= bytes([op.VERSION]):
        raise WireError(f"log version {version}, this reader knows {wire_1.VERSION} to {op.VERSION}: use a newer nlex")
    decoder = _Decoder(data)
    try:
        return decoder.run()
    except (LookupError, struct.error, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, WireError):
            raise
        raise WireError(f"broken or unfinished log near byte {decoder.at}: {error!r}") from error
