"""Writes the trace log of `tracer.wire`, record by record, and keeps it inside its byte limit."""

import json
import struct
from collections import deque
from collections.abc import Iterable, Iterator
from operator import is_not
from typing import Any

from tracer import opcodes as op
from tracer import wire
from tracer.events import Span

LONG_TEXT = 12
"""Texts from this many characters on are stored once, since programs bind the same one again and again."""
RUN = 4
"""From so many equal items on a count and one of them are shorter."""
LATEST = 4
"""So many of the latest long texts are looked at for what a new one was made from."""
SPREAD = 16
"""So many times its own limit a log may come to when its texts are spread out."""
_V_TEXT, _V_STR = bytes([op.V_TEXT]), bytes([op.V_STR])


class ByteLimit(Exception):
    """The log has reached its byte limit; what is committed so far is the trace."""


def varint(number: int) -> bytes:
    """A number from 0 on as LEB128."""
    if number < 0x80:
        return _SMALL_VARINTS[number]
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


_SMALL_VARINTS = [bytes([number]) for number in range(0x80)]


def encode_int(number: int) -> bytes:
    """The value of any integer."""
    if -0x8000 <= number < 0x8000:
        return _INT2(op.V_INT2, number)
    if -0x80000000 <= number < 0x80000000:
        return _INT4(op.V_INT4, number)
    size = (number.bit_length() + 8) >> 3
    body = number.to_bytes(size, "little", signed=True)
    if size < 0xFF:
        return bytes([op.V_INT, size]) + body
    return bytes([op.V_INT, 0xFF]) + varint(size) + body


_INT2, _INT4 = struct.Struct("<Bh").pack, struct.Struct("<Bi").pack
SMALL_INTS = {
    number: bytes([op.SHORT_INT + number - op.LEAST_INT])
    for number in range(op.LEAST_INT, op.LEAST_INT + op.SHORT_INTS)
}
SMALL_INTS |= {number: encode_int(number) for number in range(-1024, 8192) if number not in SMALL_INTS}
"""The commonest integers' values, ready made."""


def encode_text(text: str) -> bytes:
    """A varint length and the UTF-8 of a text that may hold lone surrogates."""
    raw = text.encode("utf-8", "surrogatepass")
    return varint(len(raw)) + raw


def encode_ref(number: int) -> bytes:
    """The value that stands for a heap object."""
    if number < op.SHORT_REFS:
        return bytes([op.SHORT_REF + number])
    return bytes([op.V_REF]) + varint(number)


class Writer:
    """The log under construction.

    Attributes:
        out: the bytes so far; everything before `committed` ends with a whole event.
        events: how many events are committed.
    """

    def __init__(self, header: dict[str, Any], max_bytes: int) -> None:
        text = json.dumps({"version": op.VERSION, **header}, separators=(",", ":"), sort_keys=True)
        self.out = bytearray(op.MAGIC + bytes([op.VERSION]) + encode_text(text))
        self.committed = len(self.out)
        self.events = 0
        self.max_bytes = max_bytes
        self._names: dict[str, bytes] = {}
        self._name_numbers: dict[str, int] = {}
        self._latest: deque[str] = deque(maxlen=LATEST)
        self._spread = 0
        self._binds: dict[str, bytes] = {}
        self._letters: dict[str, bytes] = {}
        self._statements: dict[Span, bytes] = {}
        self._numbers: dict[Span, int] = {}

    # Definitions.

    def name(self, text: str) -> bytes:
        """The index of a name or long text, defined on first use."""
        index = self._names.get(text)
        if index is None:
            record = self._pieces(text) if len(text) >= LONG_TEXT else b""
            if not record:
                self.room(len(text))
                record = bytes([op.NAME]) + encode_text(text)
            number = self._name_numbers[text] = len(self._names)
            index = self._names[text] = varint(number)
            self.out += record
        return index

    def _pieces(self, text: str) -> bytes:
        """The definition of a text by one of the latest that it was made from; empty if there is none.

        Raises:
            ByteLimit: whoever reads the log would have to make far longer texts than it may hold.
        """
        self._spread += len(text)
        if self._spread > SPREAD * self.max_bytes:
            raise ByteLimit
        found = b""
        for base in self._latest:
            if text.startswith(base):
                found = self._piece("", base, 0, len(base), text[len(base) :])
            elif base.startswith(text):
                found = self._piece("", base, 0, len(text), "")
            elif base.endswith(text):
                found = self._piece("", base, len(base) - len(text), len(text), "")
            elif text.endswith(base):
                found = self._piece(text[: -len(base)], base, 0, len(base), "")
            if found:
                break
        self._latest.appendleft(text)
        return found

    def _piece(self, front: str, base: str, start: int, length: int, behind: str) -> bytes:
        self.room(len(front) + len(behind))
        middle = self._names[base] + varint(start) + varint(length)
        return bytes([op.PIECED]) + encode_text(front) + middle + encode_text(behind)

    def statement(self, span: Span) -> bytes:
        """The index of a statement, defined on first use."""
        index = self._statements.get(span)
        if index is None:
            number = self._numbers[span] = len(self._numbers)
            index = self._statements[span] = varint(number)
            self.out += bytes([op.STATEMENT]) + b"".join(map(varint, span))
        return index

    def define_probe(self, span: Span, name: str | None, *, inner: bool) -> None:
        """Defines the next probed expression."""
        place = b"\0"
        if name is not None:
            self.name(name)
            place = varint(self._name_numbers[name] + 1)
        self.out += bytes([op.PROBED_INSIDE if inner else op.PROBED]) + place + b"".join(map(varint, span))

    def line(self, span: Span) -> tuple[int, bytes]:
        """A statement's number and its LINE event, the statement defined on first use."""
        index = self.statement(span)
        number = self._numbers[span]
        if number < op.SHORT_LINES:
            return number, bytes([op.SHORT_LINE + number])
        return number, bytes([op.LINE]) + index

    def bind_here(self, name: str) -> bytes:
        """What binds a name of the current frame, up to its value."""
        record = self._binds.get(name)
        if record is None:
            index = self.name(name)
            short = len(index) == 1 and index[0] < op.SHORT_BINDS
            record = bytes([op.SHORT_BIND + index[0]]) if short else bytes([op.BIND_HERE]) + index
            self._binds[name] = record
        return record

    def knows(self, text: str) -> bool:
        """Is a text defined, so that telling it again takes its index alone?"""
        return text in self._names

    # Limits.

    def room(self, count: int) -> None:
        """Refuses `count` more bytes before anybody makes them.

        Raises:
            ByteLimit: they would not fit.
        """
        if len(self.out) + count > self.max_bytes:
            raise ByteLimit

    def commit(self) -> None:
        """Ends an event.

        Raises:
            ByteLimit: the event is one too many.
        """
        size = len(self.out)
        if size + wire.END_BYTES > self.max_bytes:
            raise ByteLimit
        self.committed = size
        self.events += 1

    def finish(self, mark: str) -> bytes:
        """The whole log, cut back to the last whole event unless it came to its own end."""
        if mark != "end":
            del self.out[self.committed :]
        self.out += wire.end(mark, self.events)
        return bytes(self.out)

    # Values.

    def none(self, value: None) -> bytes:
        return b"\0"

    def truth(self, value: bool) -> bytes:
        return b"\1" if value else b"\2"

    def ellipsis(self, value: object) -> bytes:
        return bytes([op.V_ELLIPSIS])

    def integer(self, value: int) -> bytes:
        known = SMALL_INTS.get(value)
        return encode_int(value) if known is None else known

    def real(self, value: float) -> bytes:
        return bytes([op.V_FLOAT]) + struct.pack("<d", value)

    def imaginary(self, value: complex) -> bytes:
        return bytes([op.V_COMPLEX]) + struct.pack("<dd", value.real, value.imag)

    def text(self, value: str) -> bytes:
        letter = self._letters.get(value)
        if letter is not None:
            return letter
        if len(value) >= LONG_TEXT:
            return _V_TEXT + self.name(value)
        encoded = _V_STR + encode_text(value)
        if len(value) == 1:
            self._letters[value] = encoded
        return encoded

    def raw(self, value: bytes) -> bytes:
        self.room(len(value))
        return bytes([op.V_BYTES]) + varint(len(value)) + value

    def opaque(self, kind: str, name: str) -> bytes:
        return bytes([op.V_OPAQUE]) + self.name(kind) + self.name(name)

    def exact(self, type_name: str, text: str) -> bytes:
        return bytes([op.V_EXACT]) + self.name(type_name) + encode_text(text)


def count_runs(items: Iterator[Any], again: Iterator[Any]) -> int:
    """How many runs of the very same object two equal iterators give: the least number of values that tell them."""
    first = next(again, None)
    return (first is not None) + sum(map(is_not, items, again))


def join_runs(encoded: Iterable[bytes]) -> bytes:
    """Encoded items one after another, longer runs of equal ones told once."""
    out = bytearray()
    last, times = b"", 0
    for item in encoded:
        if item == last:
            times += 1
            continue
        _end_run(out, last, times)
        last, times = item, 1
    _end_run(out, last, times)
    return bytes(out)


def _end_run(out: bytearray, item: bytes, times: int) -> None:
    if times < RUN:
        out += item * times
    else:
        out += bytes([op.V_REPEAT]) + varint(times) + item
