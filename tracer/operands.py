"""The operands of log records in every version: numbers, texts, names and references, read off the bytes."""

import struct

from tracer.events import Ref, Span

END = struct.Struct("<BBI")
"""The end of a log: opcode, mark, and the number of events."""
HEADER_AT = 5


class WireError(ValueError):
    """The bytes are no log of a version that this reader knows; the message says what was found where."""


class Operands:
    """Walks the bytes of a log.

    Attributes:
        at: the byte to read next.
        names: the texts that records refer to by index.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = HEADER_AT
        self.names: list[str] = []
        self._refs: dict[int, Ref] = {}

    def byte(self) -> int:
        value = self.data[self.at]
        self.at += 1
        return value

    def varint(self) -> int:
        byte = self.data[self.at]
        self.at += 1
        if byte < 0x80:
            return byte
        result, shift = byte & 0x7F, 7
        while True:
            byte = self.data[self.at]
            self.at += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result
            shift += 7

    def take(self, size: int) -> bytes:
        """So many bytes. Raises IndexError where the log has fewer."""
        piece = self.data[self.at : self.at + size]
        if len(piece) != size:
            raise IndexError
        self.at += size
        return piece

    def raw(self) -> bytes:
        return self.take(self.varint())

    def text(self) -> str:
        return self.raw().decode("utf-8", "surrogatepass")

    def name(self) -> str:
        return self.names[self.varint()]

    def span(self) -> Span:
        return self.varint(), self.varint(), self.varint(), self.varint()

    def packed(self, layout: str, size: int) -> int:
        (value,) = struct.unpack(layout, self.take(size))
        return int(value)

    def double(self) -> float:
        (value,) = struct.unpack("<d", self.take(8))
        return float(value)

    def integer(self) -> int:
        size = self.byte()
        return int.from_bytes(self.raw() if size == 0xFF else self.take(size), "little", signed=True)

    def ref(self) -> Ref:
        return self.ref_to(self.varint())

    def ref_to(self, number: int) -> Ref:
        """The reference to an object, one for all its occurrences."""
        known = self._refs.get(number)
        if known is None:
            known = self._refs[number] = Ref(number)
        return known
