"""Rows of Parquet shards in an order fixed by seed and epoch, from any place in it, a row group in memory at a time."""

import posixpath
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from train.data.config import SourceConfig


class DataError(ValueError):
    """Training data that cannot be used; the message names the file, the row and the field."""


@dataclass(frozen=True)
class RowGroup:
    """A row group of a file, and how many rows it has."""

    path: str
    index: int
    rows: int


class Shards:
    """The rows of one source. The footers are read once; `rows` reads row groups as it comes to them.

    The order of an epoch: the row groups are shuffled, and the rows inside each, both by (seed, epoch), so a
    place in it is a number, and going to that place reads one row group.

    Raises:
        DataError: there is no file, a file is no Parquet, or a column is missing.
    """

    def __init__(self, source: SourceConfig, seed: int) -> None:
        self.source = source
        self._seed = seed
        self._columns = (
            [source.messages_column]
            if source.prompt_column is None or source.answer_column is None
            else [source.prompt_column, source.answer_column]
        )
        self._files, paths = find_shards(source)
        self.groups = [group for path in paths for group in self._footer(path)]
        self.count = sum(group.rows for group in self.groups)
        if self.count == 0:
            raise DataError(f"{source.path}: the shards hold no rows")

    def rows(self, epoch: int, start: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows of an epoch from the `start`-th of its order on, each with a name: file, and row in the file."""
        order = self._shuffled(len(self.groups), f"{self._seed}/{epoch}")
        ends = list(accumulate(self.groups[group].rows for group in order))
        for group, end in zip(order, ends, strict=True):
            if end <= start:
                continue
            rows = self._read(self.groups[group])
            places = self._shuffled(len(rows), f"{self._seed}/{epoch}/{group}")
            first = self._first_row(group)
            for place in places[max(0, start - (end - len(rows))) :]:
                yield f"{self.groups[group].path}:{first + place}", rows[place]

    def _footer(self, path: str) -> list[RowGroup]:
        try:
            with self._files.open(path, "rb") as file:
                footer = pq.ParquetFile(file)
                missing = [column for column in self._columns if column not in footer.schema_arrow.names]
                sizes = [footer.metadata.row_group(index).num_rows for index in range(footer.num_row_groups)]
                names = footer.schema_arrow.names
        except (OSError, pa.ArrowInvalid) as error:
            raise DataError(f"{path}: not a readable Parquet file: {error}") from None
        if missing:
            raise DataError(f"{path}: no column {missing[0]!r}; it has {', '.join(names)}")
        return [RowGroup(path, index, rows) for index, rows in enumerate(sizes)]

    def _read(self, group: RowGroup) -> list[dict[str, Any]]:
        with self._files.open(group.path, "rb") as file:
            rows: list[dict[str, Any]] = (
                pq.ParquetFile(file).read_row_group(group.index, columns=self._columns).to_pylist()
            )
        return rows

    def _first_row(self, group: int) -> int:
        chosen = self.groups[group]
        return sum(other.rows for other in self.groups[group - chosen.index : group])

    @staticmethod
    def _shuffled(count: int, seed: str) -> list[int]:
        order = list(range(count))
        random.Random(seed).shuffle(order)
        return order


def find_shards(source: SourceConfig) -> tuple[fsspec.AbstractFileSystem, list[str]]:
    """The file system and the sorted files of a source."""
    try:
        files, path = fsspec.core.url_to_fs(source.path)
        if files.isdir(path):
            pattern = posixpath.join(path, source.config, f"{source.split}-*.parquet")
            paths = files.glob(pattern)
        else:
            pattern = path
            paths = files.glob(path)
    except ImportError as error:
        raise DataError(f"{source.path}: {error}") from None
    if not paths:
        raise DataError(f"{source.path}: no file matches {pattern}")
    return files, sorted(paths)
