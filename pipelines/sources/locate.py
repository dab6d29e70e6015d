"""From `KIND:PATH` on the command line to the files to read, in a fixed order."""

import glob
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from pipelines.sources.jsonl import read_jsonl
from pipelines.sources.located import Located
from schemas.reject import RejectRow

Reader = Callable[[BinaryIO, str], Iterator[Located | RejectRow]]
READERS: dict[str, Reader] = {"jsonl": read_jsonl}


class SourceError(Exception):
    """A source that names no kind we read or no file that exists; the message says what to write instead."""


@dataclass(frozen=True)
class SourceFile:
    """A file of a source: how it is read, and its path as the user gave it."""

    kind: str
    path: str

    def open(self) -> BinaryIO:
        """The file's bytes; a URL is opened with fsspec."""
        if "://" in self.path:
            import fsspec  # type: ignore[import-untyped]

            return cast(BinaryIO, fsspec.open(self.path, "rb").open())
        return open(self.path, "rb")

    def size(self) -> int:
        """The file's bytes in number."""
        if "://" in self.path:
            import fsspec

            return int(fsspec.core.url_to_fs(self.path)[0].size(self.path) or 0)
        return os.path.getsize(self.path)

    def read(self) -> Iterator[Located | RejectRow]:
        """The file's rows and rejects."""
        with self.open() as stream:
            yield from READERS[self.kind](stream, self.path)


def _expand(pattern: str) -> list[str]:
    if "://" in pattern:
        import fsspec

        filesystem, path = fsspec.core.url_to_fs(pattern)
        return [str(filesystem.unstrip_protocol(found)) for found in sorted(filesystem.glob(path))]
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
        if not colon or kind not in READERS:
            raise SourceError(f"{source!r}: write KIND:PATH, where KIND is one of {', '.join(READERS)}")
        paths = _expand(pattern)
        if not paths:
            raise SourceError(f"{source!r}: no file matches {pattern!r}")
        files.update(dict.fromkeys(SourceFile(kind, path) for path in paths))
    return tuple(files)
