"""The numbers of a run, step by step: a progress line, `metrics.jsonl` and TensorBoard."""

import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, NoReturn, TextIO

import torch
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

METRICS = "metrics.jsonl"
NOTES = "notes.jsonl"


class _Outlets(NamedTuple):
    metrics: TextIO
    board: SummaryWriter
    bar: "tqdm[NoReturn]"


class Watcher:
    """Writes the metrics of each step under `folder` and keeps one progress line on the terminal.

    A run that starts at step N drops the lines of steps N and later that a killed run left, so that
    `metrics.jsonl` holds each step once. Only the leading rank has a watcher that writes (`active`).
    """

    def __init__(self, folder: Path, steps: int, start: int = 0, *, active: bool = True, title: str = "train") -> None:
        self._folder = folder
        self._outlets: _Outlets | None = None
        if not active:
            return
        folder.mkdir(parents=True, exist_ok=True)
        for name in (METRICS, NOTES):
            kept = [line for line in _lines(folder / name) if json.loads(line)["step"] < start]
            (folder / name).write_text("".join(kept))
        self._outlets = _Outlets(
            (folder / METRICS).open("a"),
            SummaryWriter(str(folder / "tensorboard"), purge_step=start),
            tqdm(total=steps, initial=start, desc=title, unit="step", dynamic_ncols=True, file=sys.stderr),
        )

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for outlet in self._outlets or ():
            outlet.close()

    def record(self, step: int, numbers: Mapping[str, float], shown: Mapping[str, str]) -> None:
        """Keeps the numbers of a finished step; `shown` is what stands on the progress line."""
        if self._outlets is None:
            return
        self._outlets.metrics.write(json.dumps({"step": step, **numbers}) + "\n")
        self._outlets.metrics.flush()
        for name, number in numbers.items():
            self._outlets.board.add_scalar(name, number, step)
        self._outlets.bar.set_postfix(shown, refresh=False)
        self._outlets.bar.update(1)

    def note(self, step: int, numbers: Mapping[str, float]) -> None:
        """Keeps numbers that belong to a step beside those of `record`: TensorBoard, and a line in `notes.jsonl`."""
        if self._outlets is None:
            return
        with (self._folder / NOTES).open("a") as file:
            file.write(json.dumps({"step": step, **numbers}) + "\n")
        for name, number in numbers.items():
            self._outlets.board.add_scalar(name, number, step)
        self.say(f"step {step}: " + ", ".join(f"{name} {number:.4f}" for name, number in numbers.items()))

    def say(self, text: str) -> None:
        """Prints a line above the progress line."""
        if self._outlets is not None:
            self._outlets.bar.write(text, file=sys.stderr)


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
