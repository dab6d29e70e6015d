"""A training run from its folder to its exported model: what fine-tuning and reinforcement have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from transformers import PreTrainedTokenizerBase

from train.checkpoint import Checkpoints
from train.config import ConfigError, Section, write_config
from train.exit_codes import DONE, INTERRUPTED
from train.model.export import export_model
from train.model.loading import load_policy, load_tokenizer
from train.model.policy import Policy
from train.model.ranks import Ranks
from train.optimizer import make_optimizer
from train.run_config import RunConfig
from train.watch.watcher import METRICS

CONFIG = "config.yaml"
# What may differ between a run and its continuation: none of it changes a step that was taken.
_FREE = ("output", "steps", "checkpoint", "validation", "transcripts", "export")


@dataclass
class Run:
    """A run under way; every rank holds one and calls the same methods in the same order.

    Attributes:
        step: steps taken so far.
        state: what the newest checkpoint kept for the loop: JSON values by name; empty where a run begins.
    """

    config: RunConfig
    ranks: Ranks
    tokenizer: PreTrainedTokenizerBase
    policy: Policy
    optimizer: torch.optim.Optimizer
    checkpoints: Checkpoints
    step: int
    state: dict[str, Any]
    _saved: int | None = None

    @property
    def output(self) -> Path:
        """The folder of the run."""
        return Path(self.config.output)

    @property
    def model(self) -> Path:
        """Where the trained model goes."""
        return self.output / "model"

    @property
    def is_done(self) -> bool:
        """Whether every step is taken and the model written."""
        return self.step >= self.config.steps and self.model.exists()

    def save(self) -> None:
        """Begins to write a checkpoint of this step, unless there is one."""
        if self._saved != self.step:
            state = {**self.state, "step": self.step}
            self.checkpoints.save(self.step, self.policy, self.optimizer, state)
            self._saved = self.step

    def save_where_due(self, *, stopped: bool) -> None:
        """Begins to write a checkpoint if this step is one to keep, the last, or the one to stop at."""
        if stopped or self.step == self.config.steps or self.step % self.config.checkpoint.every == 0:
            self.save()

    def end(self, title: str, *, stopped: bool) -> int:
        """Sees the last checkpoint written, and the model unless the run was stopped; returns the exit code."""
        self.save()
        self.checkpoints.wait()
        if stopped and self.step < self.config.steps:
            said = f"stopped after step {self.step} of {self.config.steps}; the same command goes on from here"
        else:
            export_model(self.policy, self.tokenizer, self.model, self.ranks, getattr(torch, self.config.export))
            said = f"{self.step} steps done; the model is in {self.model}"
        if self.ranks.leads:
            print(f"nlex train {title}: {said}")
        return INTERRUPTED if stopped and self.step < self.config.steps else DONE


def begin_run(config: RunConfig, ranks: Ranks) -> Run:
    """Opens the run's folder and brings everything to where its newest checkpoint left it, or to the start.

    Raises:
        ConfigError: another run lies in the folder, or there is no such model.
        CheckpointError: the checkpoint does not fit the model.
    """
    output = Path(config.output)
    open_run(config, output, ranks)
    tokenizer = load_tokenizer(config.model)
    policy = load_policy(config.model, ranks, config.seed)
    optimizer = make_optimizer(policy, config.optimizer)
    checkpoints = Checkpoints(output / "checkpoints", ranks, config.checkpoint.keep)
    torch.manual_seed(config.seed * 1_000 + ranks.rank)
    state = checkpoints.restore(policy, optimizer) or {}
    step = int(state.pop("step", 0))
    saved = step if state else None
    return Run(config, ranks, tokenizer, policy, optimizer, checkpoints, step, state, saved)


def open_run(config: Section, folder: Path, ranks: Ranks) -> None:
    """Makes the run's folder with its `config.yaml`, or checks that the one there is of the same run.

    A run that never took a step is no other run: its settings may be what kept it from that.

    Raises:
        ConfigError: another run lies there; the message names what differs.
    """
    path = folder / CONFIG
    metrics = folder / METRICS
    if path.exists() and metrics.exists() and metrics.stat().st_size > 0:
        before, now = yaml.safe_load(path.read_text()), config.model_dump(mode="json")
        differing = [key for key in _different(before, now) if key.split(".")[0] not in _FREE]
        if differing:
            raise ConfigError(
                f"{folder}: another run lies there; {', '.join(differing)} differ{'s' * (len(differing) == 1)} from "
                f"{path}. Give the same settings to go on with it, or another output"
            )
    ranks.wait()
    if ranks.leads:
        folder.mkdir(parents=True, exist_ok=True)
        write_config(config, path)
    ranks.wait()


def _different(before: Any, now: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in [*before, *(key for key in now if key not in before)]:
            yield from _different(before.get(key), now.get(key), f"{prefix}.{key}" if prefix else key)
    elif before != now:
        yield prefix
