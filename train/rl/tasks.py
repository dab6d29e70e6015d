"""The tasks of a run as a numbered, endless sequence: which environment and which row each number is."""

import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from schemas.output_prediction import OutputPredictionRow
from schemas.solve import SolveRow
from train.data.rows import Row, Rows
from train.environments import Environment, OutputPrediction, SelfRlef, Solve
from train.environments.grading import Grader
from train.rl.config import TasksConfig


class Task(NamedTuple):
    """One task: the name of its environment, the environment, its row."""

    name: str
    environment: Environment[Any, Any]
    row: OutputPredictionRow | SolveRow


class Tasks:
    """Task number n, for n = 0, 1, ...: the same for the same data, seed and settings, in any order of asking.

    Output prediction takes exactly its share: number n is one where n times the share passes a whole number. Each
    environment goes through its rows once an epoch, in an order fixed by seed and epoch.
    """

    def __init__(self, config: TasksConfig, seed: int, grader: Callable[[], Grader]) -> None:
        self._share = config.share
        self._seed = seed
        self._predictions: Rows[OutputPredictionRow] | None = None
        self._problems: Rows[SolveRow] | None = None
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

    def _row(self, rows: Rows[Row], name: str, place: int) -> Row:
        epoch, within = divmod(place, len(rows))
        return rows[_order(f"{self._seed}/{name}/{epoch}", len(rows))[within]]


@lru_cache(maxsize=4)
def _order(seed: str, count: int) -> tuple[int, ...]:
    order = list(range(count))
    random.Random(seed).shuffle(order)
    return tuple(order)
