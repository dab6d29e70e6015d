"""Finds a trace row of a corpus by split and id, reading one row group at a time."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from schemas.columns import from_row
from schemas.trace_row import TraceRow

_GROUPS_HELD = 4


class TraceLookup:
    """The traces of a corpus by split and id."""

    def __init__(self, corpus: Path) -> None:
        self._places: dict[tuple[str, str], tuple[Path, int, int]] = {}
        for path in sorted((corpus / "traces").glob("*.parquet")):
            split = path.name.partition("-")[0]
            file = pq.ParquetFile(path)
            for group in range(file.num_row_groups):
                for place, identity in enumerate(file.read_row_group(group, columns=["id"]).column("id").to_pylist()):
                    self._places[split, identity] = (path, group, place)
        self._group = functools.lru_cache(maxsize=_GROUPS_HELD)(self._read_group)

    def _read_group(self, path: Path, group: int) -> list[dict[str, Any]]:
        return list(pq.ParquetFile(path).read_row_group(group).to_pylist())

    def find(self, split: str, identity: str) -> TraceRow | None:
        """The trace of that id in that split, None where there is none."""
        place = self._places.get((split, identity))
        if place is None:
            return None
        path, group, number = place
        return from_row(TraceRow, self._group(path, group)[number])


def rows_of(path: Path, group: int) -> Iterator[dict[str, Any]]:
    """The rows of one row group of a shard, as plain data."""
    yield from pq.ParquetFile(path).read_row_group(group).to_pylist()
