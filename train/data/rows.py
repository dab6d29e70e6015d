"""Rows of `output_prediction` and `solve` shards by number, held as Arrow columns."""

import dataclasses
from typing import Generic, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.columns import from_row
from schemas.output_prediction import OutputPredictionRow
from schemas.solve import SolveRow
from train.data.config import SourceConfig
from train.data.shards import DataError, find_shards

Row = TypeVar("Row", OutputPredictionRow, SolveRow)


class Rows(Generic[Row]):
    """The rows of one config that can be posed, held as Arrow columns; a row is made when it is asked for.

    Attributes:
        left_out: how many rows could not be posed.
    """

    def __init__(self, kind: type[Row], path: str, config: str, split: str) -> None:
        self._kind: type[Row] = kind
        table = _read_table(kind, path, config, split)
        poses = [True] * len(table)
        if kind is SolveRow:
            columns = [table[name].to_pylist() for name in ("hidden_tests", "public_tests", "checker")]
            poses = [
                bool(hidden and public and checker == "tokens")
                for hidden, public, checker in zip(*columns, strict=True)
            ]
        self._table = table.filter(pa.array(poses, pa.bool_()))
        self.left_out = len(table) - len(self._table)
        if len(self._table) == 0:
            raise DataError(f"{path}: no row of {config}/{split} can be posed ({self.left_out} left out)")

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, place: int) -> Row:
        return from_row(self._kind, self._table.slice(place, 1).to_pylist()[0])

    def first(self, count: int | None) -> list[Row]:
        """The first `count` rows, all of them for None."""
        return [self[place] for place in range(min(len(self), count or len(self)))]


def _read_table(kind: type[Row], path: str, config: str, split: str) -> pa.Table:
    files, paths = find_shards(SourceConfig(path=path, config=config, split=split))
    columns = [field.name for field in dataclasses.fields(kind)]
    tables = []
    for name in paths:
        try:
            with files.open(name, "rb") as file:
                table = pq.read_table(file)
        except (OSError, pa.ArrowInvalid) as error:
            raise DataError(f"{name}: not a readable Parquet file: {error}") from None
        missing = [column for column in columns if column not in table.column_names]
        if missing:
            raise DataError(f"{name}: no column {missing[0]!r}, so these are no {config} rows")
        tables.append(table.select(columns))
    return pa.concat_tables(tables)
