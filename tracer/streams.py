"""The standard streams of a program: real descriptors 0, 1 and 2, with stdin counted when a trace is made."""

import io
import sys
from dataclasses import dataclass
from typing import Any


class ReadCounter:
    """How many characters of stdin the program has taken through `sys.stdin`."""

    def __init__(self) -> None:
        self.count = 0
        self.inside = False


class CountedBytes(io.BufferedReader):
    """`sys.stdin.buffer` that counts what the program takes, not the text layer; iteration goes through `readline`."""

    counter: ReadCounter

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'_io.BufferedReader' object has no attribute '{name}'", name=name, obj=self)

    def __repr__(self) -> str:
        return f"<_io.BufferedReader name={self.raw.name!r}>"  # type: ignore[attr-defined]

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

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'_io.TextIOWrapper' object has no attribute '{name}'", name=name, obj=self)

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


@dataclass(frozen=True)
class Streams:
    """The standard streams of a program, made but not yet in force; `counter` is that of a counted stdin."""

    stdin: io.TextIOWrapper
    stdout: io.TextIOWrapper
    stderr: io.TextIOWrapper
    counter: ReadCounter

    def open(self) -> ReadCounter:
        """Makes them `sys.stdin`, `sys.stdout` and `sys.stderr`."""
        sys.stdin, sys.stdout, sys.stderr = self.stdin, self.stdout, self.stderr
        # A `print` of the interpreter itself, such as the prompt of `input`, takes these.
        sys.__stdin__, sys.__stdout__, sys.__stderr__ = self.stdin, self.stdout, self.stderr  # type: ignore[misc]
        return self.counter


def make_streams(*, counted: bool) -> Streams:
    """Streams over descriptors 0, 1 and 2, which must be of the kind that they will be when the program runs."""
    counter = ReadCounter()
    raw = io.FileIO(0, "r", closefd=False)
    stdin: io.TextIOWrapper
    if counted:
        inner = CountedBytes(raw)
        inner.counter = counter
        stdin = CountedText(inner, encoding="utf-8", errors="surrogateescape")
        stdin.counter = counter
    else:
        stdin = io.TextIOWrapper(io.BufferedReader(raw), encoding="utf-8", errors="surrogateescape")
    stdout = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding="utf-8", errors="surrogateescape"
    )
    stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)),
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=True,
    )
    for stream, name, mode in ((stdin, "<stdin>", "r"), (stdout, "<stdout>", "w"), (stderr, "<stderr>", "w")):
        # As the interpreter sets them; readers of their own that contestants bring along ask for the mode.
        under: Any = stream
        under.buffer.raw.name, under.mode = name, mode
    return Streams(stdin, stdout, stderr, counter)
