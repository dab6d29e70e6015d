"""The progress bar: a side thread that watches part files appear, whoever writes them."""

import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm

from pipelines.measures import ENOUGH_TO_TELL, Measures, read_measures
from pipelines.plan import Unit

_LOOK_EVERY_S = 0.5
_REASONS_SHOWN = 3


class Progress:
    """Shows executions done, problems, examples a second and the most frequent rejects on stderr, while open.

    `too_many` is called once if more than `max_reject_rate` of the executions have no example, of which
    there are enough to tell.
    """

    def __init__(
        self,
        expected: Mapping[Path, Unit],
        max_reject_rate: float = 1.0,
        too_many: Callable[[Measures], object] = lambda measures: None,
    ) -> None:
        self._waiting = dict(expected)
        self._bar: tqdm[Any] = tqdm(
            total=sum(unit.executions for unit in expected.values()), unit="run", desc="nlex", file=sys.stderr
        )
        self._measures = Measures()
        self._problems = self._examples_before = 0
        self._max_reject_rate = max_reject_rate
        self._too_many = too_many
        self._start = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def _take(self, path: Path, unit: Unit) -> None:
        self._measures.add(read_measures(path))
        self._problems += unit.problems
        self._bar.update(unit.executions)

    def _look(self) -> None:
        for path in [path for path in self._waiting if path.exists()]:
            self._take(path, self._waiting.pop(path))
        seen = self._measures
        rate = (seen.examples - self._examples_before) / max(0.1, time.monotonic() - self._start)
        rejects = ", ".join(
            f"{reason.partition('/')[2]} {number}" for reason, number in seen.rejects.most_common(_REASONS_SHOWN)
        )
        self._bar.set_postfix_str(
            f"{self._problems} problems, {seen.examples} examples, {rate:.1f}/s, {seen.tokens} tokens"
            + (f", rejects: {rejects}" if rejects else "")
        )
        if seen.executions >= ENOUGH_TO_TELL and seen.reject_rate > self._max_reject_rate:
            self._too_many(seen)

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            self._look()

    def __enter__(self) -> Self:
        self._look()
        self._examples_before = self._measures.examples
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._look()
        self._bar.close()
