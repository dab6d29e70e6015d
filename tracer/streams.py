"""The standard streams of a program: real descriptors 0, 1 and 2, with stdin counted when a trace is made."""

import io
import sys
from typing import Any


class ReadCounter:
    """How many characters of stdin the program has taken through `sys.stdin`."""

    def __init__(self) -> None:
        self.count = 0
        self.inside = False


class CountedBytes(io.BufferedReader):
    """`sys.stdin.buffer` that counts what the program takes, not the text layer; iteration goes through `readline`."""

    counter: ReadCounter

    def _counted(self, data: bytes) -> bytes:
        if not self.counter.inside:
            self.counter.count += len(data.decode("utf-8", "surrogateescape"))
        return data

    def read(self, size: int | None = -1, /) -> bytes:
        return self._counted(super().read(size))

    def read1(self, size: int = -1, /) -> bytes:
        return self._counted(super().read1(size))

    def readline(self, size: int | None = -1, /) -> bytes:
        return self._counted(super().readline(size))

    def readinto(self, buffer: Any, /) -> int:
        size = super().readinto(buffer)
        self._counted(bytes(memoryview(buffer)[:size]))
        return size


class CountedText(io.TextIOWrapper):
    """`sys.stdin` that counts what the program takes; iteration goes through `readline`."""

    counter: ReadCounter

    def read(self, size: int | None = -1, /) -> str:
        self.counter.inside = True
        try:
            text = super().read(size)
        finally:
            self.counter.inside = False
        self.counter.count += len(text)
        return text

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        self.counter.inside = True
        try:
            text = super().readline(size)
        finally:
            self.counter.inside = False
        self.counter.count += len(text)
        return text


def open_streams() -> None:
    """Makes `sys.stdin`, `sys.stdout` and `sys.stderr` anew over descriptors 0, 1 and 2."""
    sys.stdin = io.TextIOWrapper(
        io.BufferedReader(io.FileIO(0, "r", closefd=False)), encoding="utf-8", errors="surrogateescape"
    )
    _open_output()


def open_counted_streams() -> ReadCounter:
    """The same with a counted stdin."""
    counter = ReadCounter()
    raw = CountedBytes(io.FileIO(0, "r", closefd=False))
    raw.counter = counter
    text = CountedText(raw, encoding="utf-8", errors="surrogateescape")
    text.counter = counter
    sys.stdin = text
    _open_output()
    return counter


def _open_output() -> None:
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding="utf-8", errors="surrogateescape"
    )
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)),
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=True,
    )
    # A `print` of the interpreter itself, such as the prompt of `input`, takes these.
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc,assignment]
