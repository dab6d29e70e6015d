"""Settings that every training run has, whatever it learns from."""

from typing import Literal

from pydantic import Field

from train.config import Section
from train.model.config import ModelConfig
from train.optimizer import OptimizerConfig


class CheckpointConfig(Section):
    """When to write checkpoints."""

    every: int = Field(default=500, ge=1)
    """Steps between checkpoints; SIGTERM and Ctrl-C write one too."""
    keep: int = Field(default=2, ge=1)
    """Newest checkpoints that are kept."""


class RunConfig(Section):
    """What the folder of a run, its model and its steps are."""

    output: str
    """The folder of the run: metrics, checkpoints, transcripts, and the model in `model`. An existing run goes on."""
    model: ModelConfig
    """The model to start from."""
    optimizer: OptimizerConfig = OptimizerConfig()
    """How it steps."""
    steps: int = Field(ge=1)
    """Optimizer steps."""
    seed: int = 0
    """Fixes everything that is drawn: random weights, fresh adapters, dropout, tasks, replies."""
    checkpoint: CheckpointConfig = CheckpointConfig()
    """What is kept against accidents."""
    export: Literal["bfloat16", "float32"] = "bfloat16"
    """Numbers of the exported weights."""
