"""Reads a text file line by line without ever holding more than one bounded line."""

from collections.abc import Iterator
from typing import BinaryIO

MAX_LINE_BYTES = 16 << 20
_PIECE = 1 << 20


def bounded_lines(stream: BinaryIO, limit: int = MAX_LINE_BYTES) -> Iterator[tuple[int, bytes | None, int]]:
    """Yields (line number from 1, the line without its end, its bytes); the line is None where it exceeds `limit`."""
    number = 0
    while piece := stream.readline(limit + 1):
        number += 1
        if len(piece) <= limit or piece.endswith(b"\n"):
            line = piece.rstrip(b"\r\n")
            yield number, line, len(line)
            continue
        size = len(piece)
        while (piece := stream.readline(_PIECE)) and not piece.endswith(b"\n"):
            size += len(piece)
        yield number, None, size + len(piece)
