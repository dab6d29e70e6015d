"""Writes the trace log of `tracer.wire`, record by record, and keeps it inside its byte limit."""

import json
import struct
from typing import Any

from tracer import wire
from tracer.events import Span

LONG_TEXT = 12
"""Texts from this many characters on are stored once, since programs bind the same one again and again."""


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


def _int_value(number: int) -> bytes:
    size = (number.bit_length() + 8) >> 3
    body = number.to_bytes(size, "little", signed=True)
    if size < 0xFF:
        return bytes([wire.V_INT, size]) + body
    return bytes([wire.V_INT, 0xFF]) + varint(size) + body


_SMALL_INTS = {number: _int_value(number) for number in range(-256, 1025)}


def encode_text(text: str) -> bytes:
    """A varint length and the UTF-8 of a text that may hold lone surrogates."""
    raw = text.encode("utf-8", "surrogatepass")
    return varint(len(raw)) + raw


class Writer:
    """The log under construction.

    Attributes:
        out: the bytes so far; everything before `committed` ends with a whole event.
        events: how many events are committed.
    """

    def __init__(self, header: dict[str, Any], max_bytes: int) -> None:
        text = json.dumps({"version": wire.VERSION, **header}, separators=(",", ":"), sort_keys=True)
        self.out = bytearray(wire.MAGIC + bytes([wire.VERSION]) + encode_text(text))
        self.committed = len(self.out)
        self.events = 0
        self._written = 0
        self.max_bytes = max_bytes
        self._names: dict[str, bytes] = {}
        self._spans: dict[Span, bytes] = {}

    def name(self, text: str) -> bytes:
        """The index of a name or long text, defined on first use."""
        index = self._names.get(text)
        if index is None:
            index = self._names[text] = varint(len(self._names))
            self.out += bytes([wire.NAME]) + encode_text(text)
        return index

    def span(self, span: Span) -> bytes:
        """The index of a source span, defined on first use."""
        index = self._spans.get(span)
        if index is None:
            index = self._spans[span] = varint(len(self._spans))
            self.out += bytes([wire.SPAN]) + b"".join(map(varint, span))
        return index

    def room(self, count: int) -> None:
        """Refuses `count` more bytes before anybody makes them.

        Raises:
            ByteLimit: they would not fit.
        """
        if len(self.out) + count > self.max_bytes:
            raise ByteLimit

    def event(self, opcode: int, frame: int, body: bytes) -> None:
        """Writes an event; it counts once it is committed."""
        self.out += bytes([opcode]) + varint(frame) + body
        self._written += 1

    def commit(self) -> None:
        """Ends an event.

        Raises:
            ByteLimit: the event is one too many.
        """
        if len(self.out) + wire.END_BYTES > self.max_bytes:
            raise ByteLimit
        self.committed = len(self.out)
        self.events = self._written

    def finish(self, mark: str) -> bytes:
        """The whole log, cut back to the last whole event unless it came to its own end."""
        if mark != "end":
            del self.out[self.committed :]
        self.out += wire.end(mark, self.events)
        return bytes(self.out)

    def none(self, value: None) -> bytes:
        return bytes([wire.V_NONE])

    def truth(self, value: bool) -> bytes:
        return bytes([wire.V_TRUE if value else wire.V_FALSE])

    def ellipsis(self, value: object) -> bytes:
        return bytes([wire.V_ELLIPSIS])

    def integer(self, value: int) -> bytes:
        known = _SMALL_INTS.get(value)
        return _int_value(value) if known is None else known

    def real(self, value: float) -> bytes:
        return bytes([wire.V_FLOAT]) + struct.pack("<d", value)

    def imaginary(self, value: complex) -> bytes:
        return bytes([wire.V_COMPLEX]) + struct.pack("<dd", value.real, value.imag)

    def text(self, value: str) -> bytes:
        if len(value) >= LONG_TEXT:
            self.room(len(value) if value not in self._names else 0)
            return bytes([wire.V_TEXT]) + self.name(value)
        return bytes([wire.V_STR]) + encode_text(value)

    def raw(self, value: bytes) -> bytes:
        self.room(len(value))
        return bytes([wire.V_BYTES]) + varint(len(value)) + value

    def opaque(self, kind: str, name: str) -> bytes:
        return bytes([wire.V_OPAQUE]) + self.name(kind) + self.name(name)

    def exact(self, type_name: str, text: str) -> bytes:
        return bytes([wire.V_EXACT]) + self.name(type_name) + encode_text(text)

    def ref(self, number: int) -> bytes:
        return bytes([wire.V_REF]) + varint(number)
