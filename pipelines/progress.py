"""The progress bar: a side thread that watches part files appear, whoever writes them."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm

from pipelines.parts import part_counts
from pipelines.plan import Unit

_LOOK_EVERY_S = 0.5
_REASONS_SHOWN = 3


class Progress:
    """Shows executions done, problems, examples a second and the most frequent rejects on stderr, while open."""

    def __init__(self, expected: Mapping[Path, Unit]) -> None:
        self._waiting = dict(expected)
        self._bar: tqdm[Any] = tqdm(
            total=sum(unit.executions for unit in expected.values()), unit="run", desc="nlex", file=sys.stderr
        )
        self._problems = self._examples = self._fresh_examples = 0
        self._rejects: Counter[str] = Counter()
        self._start = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def _take(self, path: Path, unit: Unit) -> None:
        for (config, _, _, reason), number in part_counts(path).items():
            self._examples += number * (config == "nlex")
            if reason:
                self._rejects[reason.partition("/")[2]] += number
        self._problems += unit.problems
        self._bar.update(unit.executions)

    def _look(self) -> None:
        for path in [path for path in self._waiting if path.exists()]:
            self._take(path, self._waiting.pop(path))
        rate = (self._examples - self._fresh_examples) / max(0.1, time.monotonic() - self._start)
        rejects = ", ".join(f"{reason} {number}" for reason, number in self._rejects.most_common(_REASONS_SHOWN))
        self._bar.set_postfix_str(
            f"{self._problems} problems, {self._examples} examples, {rate:.1f}/s"
            + (f", rejects: {rejects}" if rejects else "")
        )

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            self._look()

    def __enter__(self) -> Self:
        self._look()
        self._fresh_examples = self._examples
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._look()
        self._bar.close()
