"""From `KIND:PATH` on the command line to the files to read, in a fixed order, and to their rows."""

import glob
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pipelines.sources import (
    apps,
    code_contests,
    code_contests_plus,
    codeforces,
    cruxeval,
    humaneval,
    leetcode,
    livecodebench,
    mbpp,
    taco,
)
from pipelines.sources.containers import (
    LINES,
    Piece,
    container_of,
    is_url,
    open_lines,
    pieces_of,
    size_of,
    table_rows,
)
from pipelines.sources.fields import Row
from pipelines.sources.jsonl import read_jsonl, read_object
from pipelines.sources.lines import parsed_object, text_rows
from pipelines.sources.located import Fault, Found, Place


class DataSet(Protocol):
    """A module that reads one data set: the columns it needs, and what a row holds."""

    @property
    def COLUMNS(self) -> tuple[str, ...]: ...

    def read_row(self, row: Row, place: Place) -> Iterator[Found]: ...


JSONL = "jsonl"
DATA_SETS: dict[str, DataSet] = {
    "code_contests": code_contests,
    "code_contests_plus": code_contests_plus,
    "taco": taco,
    "apps": apps,
    "livecodebench": livecodebench,
    "codeforces": codeforces,
    "leetcode": leetcode,
    "cruxeval": cruxeval,
    "humaneval": humaneval,
    "mbpp": mbpp,
}
KINDS = (JSONL, *DATA_SETS)
_MAX_DATA_SET_LINE = 128 << 20


class SourceError(Exception):
    """A source that names no kind we read or no file that exists; the message says what to write instead."""


@dataclass(frozen=True)
class SourceFile:
    """A file of a source: how it is read, and its path as the user gave it."""

    kind: str
    path: str

    def size(self) -> int:
        """The file's bytes in number."""
        return size_of(self.path)

    def pieces(self) -> tuple[Piece, ...]:
        """The parts of the file that can be read alone, in their order; none where it cannot be opened."""
        return pieces_of(self.path)

    def read(self) -> Iterator[Found]:
        """What the rows of the file hold, piece by piece."""
        try:
            pieces = self.pieces()
        except Fault as fault:
            yield Place(self.path, 0).reject(fault)
            return
        for piece in pieces:
            yield from self.read_piece(piece)
        if not pieces:
            yield Place(self.path, 0).reject(Fault("empty_file", "the file has no row"))

    def read_piece(self, piece: Piece) -> Iterator[Found]:
        """What the rows of one piece hold; a file that breaks off ends in a reject."""
        read = self._read_lines() if container_of(self.path) == LINES else self._read_table(piece)
        try:
            yield from read
        except Fault as fault:
            yield Place(self.path, 0).reject(fault)
        except (OSError, EOFError, zlib.error) as error:
            yield Place(self.path, 0).reject(Fault("damaged_file", f"reading broke off: {error}; fetch it again"))

    def _read_lines(self) -> Iterator[Found]:
        with open_lines(self.path) as stream:
            if self.kind == JSONL:
                yield from read_jsonl(stream, self.path)
                return
            for place, line in text_rows(stream, self.path, _MAX_DATA_SET_LINE):
                yield from self.read_row(line, place)

    def _read_table(self, piece: Piece) -> Iterator[Found]:
        columns = None if self.kind == JSONL else DATA_SETS[self.kind].COLUMNS
        for number, row in table_rows(piece, columns):
            place = Place(self.path, number)
            if self.kind == JSONL and not isinstance(row, Fault):
                yield from read_object(row, place)
            else:
                yield from self.read_row(row, place)

    def read_row(self, row: Row | bytes | Fault, place: Place) -> Iterator[Found]:
        """What a row of somebody else's data set holds; a row that cannot be used is one reject."""
        try:
            if isinstance(row, Fault):
                raise row
            fields = parsed_object(row) if isinstance(row, bytes) else row
            found = list(DATA_SETS[self.kind].read_row(fields, place))
        except Fault as fault:
            yield place.reject(fault)
            return
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            yield place.reject(
                Fault("unreadable", f"not as the data set's schema says: {type(error).__name__}: {error}")
            )
            return
        yield from found


def _expand(pattern: str) -> list[str]:
    if is_url(pattern):
        import fsspec

        try:
            filesystem, path = fsspec.core.url_to_fs(pattern)
            return [str(filesystem.unstrip_protocol(found)) for found in sorted(filesystem.glob(path))]
        except (ImportError, ValueError, OSError) as error:
            raise SourceError(f"{pattern!r} cannot be opened: {error}") from None
    if os.path.isfile(pattern):
        return [pattern]
    return sorted(path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path))


def source_files(sources: tuple[str, ...]) -> tuple[SourceFile, ...]:
    """The files of the sources, a source's files in the order of their names, each file once.

    Raises:
        SourceError: an unknown kind, or a path that matches no file.
    """
    files: dict[SourceFile, None] = {}
    for source in sources:
        kind, colon, pattern = source.partition(":")
        if not colon or kind not in KINDS:
            raise SourceError(f"{source!r}: write KIND:PATH, where KIND is one of {', '.join(KINDS)}")
        paths = _expand(pattern)
        if not paths:
            raise SourceError(f"{source!r}: no file matches {pattern!r}")
        files.update(dict.fromkeys(SourceFile(kind, path) for path in paths))
    return tuple(files)
