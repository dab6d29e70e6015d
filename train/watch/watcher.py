"""The numbers of a run, step by step: a progress line, `metrics.jsonl` and TensorBoard."""

import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

METRICS = "metrics.jsonl"


class Watcher:
    """Writes the metrics of each step under `folder` and keeps one progress line on the terminal.

    A run that starts at step N drops the lines of steps N and later that a killed run left, so that
    `metrics.jsonl` holds each step once. Only the leading rank has a watcher that writes (`active`).
    """

    def __init__(self, folder: Path, steps: int, start: int = 0, active: bool = True, title: str = "train") -> None:
        self._file = self._board = self._bar = None
        if not active:
            return
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / METRICS
        kept = [line for line in _lines(path) if json.loads(line)["step"] < start]
        path.write_text("".join(kept))
        self._file = path.open("a")
        self._board: SummaryWriter | None = SummaryWriter(str(folder / "tensorboard"), purge_step=start)
        self._bar: Any = tqdm(total=steps, initial=start, desc=title, unit="step", dynamic_ncols=True, file=sys.stderr)

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._file is not None and self._board is not None:
            self._bar.close()
            self._board.close()
            self._file.close()

    def record(self, step: int, numbers: Mapping[str, float], shown: Mapping[str, str]) -> None:
        """Keeps the numbers of a finished step; `shown` is what stands on the progress line."""
        if self._file is None or self._board is None:
            return
        self._file.write(json.dumps({"step": step, **numbers}) + "\n")
        self._file.flush()
        for name, number in numbers.items():
            self._board.add_scalar(name, number, step)
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(1)

    def say(self, text: str) -> None:
        """Prints a line above the progress line."""
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)


def peak_memory_gib(device: torch.device) -> float:
    """The most memory held so far, in GiB: of the device, or of this process on a processor."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _lines(path: Path) -> list[str]:
    """The whole lines of a file; a line that a kill cut short has no end and is left out."""
    if not path.exists():
        return []
    return [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
