"""Reads a text file line by line without ever holding more than one bounded line, and a line as a JSON object."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from pipelines.sources.located import Fault, Place

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


def text_rows(stream: BinaryIO, file: str, limit: int) -> Iterator[tuple[Place, bytes | Fault]]:
    """The lines that hold something, each with its place; a line that is too long, and an empty file, is a fault.

    A file that begins with binary data is one fault, however long it is.
    """
    seen = False
    for number, line, size in bounded_lines(stream, limit):
        place = Place(file, number)
        if not seen and line is not None and b"\0" in line:
            fault = "the file begins with binary data and is left out; give a JSON Lines file"
            yield place, Fault("binary_file", fault)
            return
        if line is None:
            too_long = f"{size:,} bytes, a row may have {limit >> 20} MiB; shorten or split its tests"
            yield place, Fault("too_big", too_long)
        elif line.strip():
            yield place, line
        else:
            continue
        seen = True
    if not seen:
        yield Place(file, 0), Fault("empty_file", "the file has no row")


def parsed_object(line: bytes, remedy: str = "") -> dict[str, Any]:
    """The JSON object on a line.

    Raises:
        Fault: the line is no UTF-8, no JSON, or no object; `remedy` ends the sentence.
    """
    try:
        text = line.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise Fault("binary", f"not UTF-8 text (byte {error.start}); convert the file to UTF-8") from None
    if "\0" in text:
        raise Fault("binary", f"holds a NUL byte (column {text.index(chr(0)) + 1}): a binary file, or a broken one")
    try:
        row = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Fault("json", f"not JSON: {error.msg} (column {error.colno}); one JSON object a line") from None
    if not isinstance(row, dict):
        raise Fault("not_an_object", f"a JSON {type(row).__name__}, expected an object; {remedy}".rstrip("; "))
    return row
