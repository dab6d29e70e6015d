"""Checkpoints: weights, optimizer, random state and the loop's state, written beside training, whole or not at all."""

import json
import os
import re
import shutil
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict, set_state_dict

from train.model.ranks import Ranks

# One process alone is as good a case as many.
warnings.filterwarnings("ignore", message="torch.distributed is disabled")

_STATE = "state.json"
_FINISHED = re.compile(r"step-(\d+)")
_OPTIONS = StateDictOptions(ignore_frozen_params=True, strict=False)


class CheckpointError(RuntimeError):
    """A checkpoint that could not be written or read."""


class Checkpoints:
    """The checkpoints of a run: folders `step-N` of `folder`, of which the last `keep` are kept.

    A folder gets its final name when every rank has written its part, so whatever kills the run leaves the last
    finished checkpoint as it was. Every rank calls the same methods in the same order.
    """

    def __init__(self, folder: Path, ranks: Ranks, keep: int = 2) -> None:
        self.folder = folder
        self.ranks = ranks
        self.keep = keep
        # Writing goes on beside training, so its messages must not mix with the gradients' ones.
        self._group = dist.new_group(backend="gloo") if ranks.world > 1 else None
        self._finisher = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._writing: Future[None] | None = None
        if ranks.leads:
            folder.mkdir(parents=True, exist_ok=True)
            for leftover in folder.glob("*.partial"):
                shutil.rmtree(leftover)
        ranks.wait()

    def latest(self) -> int | None:
        """The step of the newest finished checkpoint, or None."""
        steps = self._steps()
        return steps[-1] if steps else None

    def save(self, step: int, model: nn.Module, optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
        """Copies everything and writes it in the background; `state` is what JSON can hold.

        Waits first for the one before. `wait` tells whether the writing went well.

        Raises:
            CheckpointError: the one before could not be written.
        """
        self.wait()
        partial = self.folder / f"step-{step}.partial"
        if self.ranks.leads:
            shutil.rmtree(partial, ignore_errors=True)
        self.ranks.wait()
        text = json.dumps(state)
        written = dcp.async_save(
            self._gather(model, optimizer),
            checkpoint_id=str(partial),
            process_group=self._group,
            no_dist=self._group is None,
        )
        self._writing = self._finisher.submit(self._finish, written, partial, text, step)

    def wait(self) -> None:
        """Returns when nothing is being written any more.

        Raises:
            CheckpointError: the checkpoint could not be written.
        """
        if self._writing is None:
            return
        failure = self._writing.exception()
        self._writing = None
        if failure is not None:
            raise CheckpointError(f"{self.folder}: the checkpoint could not be written: {failure}") from failure
        self.ranks.wait()

    def restore(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any] | None:
        """Brings back model, optimizer and random state from the newest checkpoint; returns its `state`, or None.

        Raises:
            CheckpointError: it does not fit the model.
        """
        step = self.latest()
        if step is None:
            return None
        folder = self.folder / f"step-{step}"
        values = self._gather(model, optimizer)
        saved = dcp.FileSystemReader(str(folder)).read_metadata().state_dict_metadata
        for key in [key for key in values if key.startswith("random.") and key not in saved]:
            # A rank that the run before did not have starts its own random sequence.
            del values[key]
        try:
            dcp.load(values, checkpoint_id=str(folder), process_group=self._group, no_dist=self._group is None)
        except (dcp.CheckpointException, RuntimeError, ValueError) as error:
            raise CheckpointError(f"{folder}: the checkpoint does not fit this model: {error}") from error
        set_state_dict(
            model,
            optimizer,
            model_state_dict=values["model"],
            optim_state_dict=values["optimizer"],
            options=_OPTIONS,
        )
        _set_random_state({key: value for key, value in values.items() if key.startswith("random.")})
        state: dict[str, Any] = json.loads((folder / _STATE).read_text())
        return state

    def _gather(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        weights, moments = get_state_dict(model, optimizer, options=_OPTIONS)
        return {"model": weights, "optimizer": moments, **_random_state(self.ranks.rank)}

    def _finish(self, written: "Future[Any]", partial: Path, text: str, step: int) -> None:
        written.result()
        if not self.ranks.leads:
            return
        (partial / _STATE).write_text(text)
        final = self.folder / f"step-{step}"
        shutil.rmtree(final, ignore_errors=True)
        os.replace(partial, final)
        for old in self._steps()[: -self.keep]:
            shutil.rmtree(self.folder / f"step-{old}")

    def _steps(self) -> list[int]:
        names = (_FINISHED.fullmatch(path.name) for path in self.folder.iterdir()) if self.folder.exists() else ()
        return sorted(int(name[1]) for name in names if name)


def _random_state(rank: int) -> dict[str, Tensor]:
    state = {f"random.cpu.{rank}": torch.get_rng_state()}
    if torch.cuda.is_available():
        state[f"random.cuda.{rank}"] = torch.cuda.get_rng_state()
    return state


def _set_random_state(state: dict[str, Tensor]) -> None:
    for key, value in state.items():
        if key.startswith("random.cuda."):
            torch.cuda.set_rng_state(value)
        else:
            torch.set_rng_state(value)
