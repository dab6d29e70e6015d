"""The tasks of a run as a numbered, endless sequence: which environment and which row each number is."""

import dataclasses
import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.columns import from_row
from schemas.output_prediction import OutputPredictionRow
from schemas.solve import SolveRow
from train.data.config import SourceConfig
from train.data.shards import DataError, find_shards
from train.environments import Environment, OutputPrediction, SelfRlef, Solve
from train.environments.grading import Grader
from train.rl.config import TasksConfig


class Task(NamedTuple):
    """One task: the name of its environment, the environment, its row."""

    name: str
    environment: Environment[Any, Any]
    row: OutputPredictionRow | SolveRow


class Rows:
    """The rows of one config that can be posed, held as Arrow columns; a row is made when it is asked for.

    Attributes:
        left_out: how many rows could not be posed.
    """

    def __init__(self, kind: type[OutputPredictionRow] | type[SolveRow], path: str, config: str, split: str) -> None:
        self._kind = kind
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

    def __getitem__(self, place: int) -> OutputPredictionRow | SolveRow:
        row = from_row(self._kind, self._table.slice(place, 1).to_pylist()[0])
        assert isinstance(row, OutputPredictionRow | SolveRow)
        return row


def _read_table(kind: type[OutputPredictionRow] | type[SolveRow], path: str, config: str, split: str) -> pa.Table:
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


class Tasks:
    """Task number n, for n = 0, 1, ...: the same for the same data, seed and settings, in any order of asking.

    Output prediction takes exactly its share: number n is one where n times the share passes a whole number. Each
    environment goes through its rows once an epoch, in an order fixed by seed and epoch.
    """

    def __init__(self, config: TasksConfig, seed: int, grader: Callable[[], Grader]) -> None:
        self._share = config.share
        self._seed = seed
        self._predictions: Rows | None = None
        self._problems: Rows | None = None
        self._predict = OutputPrediction(config.output_prediction_reward)
        if config.output_prediction is not None and self._share > 0:
            self._predictions = Rows(OutputPredictionRow, config.output_prediction, "output_prediction", config.split)
        if config.solve is not None and self._share < 1:
            self._problems = Rows(SolveRow, config.solve, "solve", config.split)
            self._solve_as: Solve | SelfRlef = (
                Solve(grader())
                if config.solve_as == "solve"
                else SelfRlef(grader(), config.feedback, config.max_repairs)
            )
            self._solve_name = config.solve_as

    @property
    def left_out(self) -> int:
        """Rows that could not be posed: problems without hidden or public tests, or with a checker."""
        return sum(rows.left_out for rows in (self._predictions, self._problems) if rows is not None)

    def __getitem__(self, number: int) -> Task:
        before, after = int(number * self._share), int((number + 1) * self._share)
        if self._problems is None or (after > before and self._predictions is not None):
            assert self._predictions is not None
            place = before if self._problems is not None else number
            return Task("output_prediction", self._predict, self._row(self._predictions, "predictions", place))
        place = number - before if self._predictions is not None else number
        return Task(self._solve_name, self._solve_as, self._row(self._problems, "problems", place))

    def _row(self, rows: Rows, name: str, place: int) -> OutputPredictionRow | SolveRow:
        epoch, within = divmod(place, len(rows))
        return rows[_order(f"{self._seed}/{name}/{epoch}", len(rows))[within]]


@lru_cache(maxsize=4)
def _order(seed: str, count: int) -> tuple[int, ...]:
    order = list(range(count))
    random.Random(seed).shuffle(order)
    return tuple(order)
