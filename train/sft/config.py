"""Settings of a supervised fine-tuning run."""

from typing import Literal

from pydantic import Field

from train.config import Section
from train.data.config import DataConfig, SourceConfig
from train.model.config import ModelConfig
from train.optimizer import OptimizerConfig


class CheckpointConfig(Section):
    """When to write checkpoints."""

    every: int = Field(default=500, ge=1)
    """Steps between checkpoints; SIGTERM and Ctrl-C write one too."""
    keep: int = Field(default=2, ge=1)
    """Newest checkpoints that are kept."""


class ValidationConfig(Section):
    """What is looked at beside the training loss, on documents that are not trained on."""

    source: SourceConfig
    """The held-out documents."""
    every: int = Field(default=500, ge=1)
    """Steps between looks."""
    rows: int = Field(default=8, ge=1)
    """Packed rows to take the loss of."""
    transcripts: int = Field(default=4, ge=0)
    """Prompts that the model answers, greedily, for people to read."""
    answer_tokens: int = Field(default=1024, ge=1)
    """Tokens of such an answer at most."""


class SftConfig(Section):
    """`nlex train sft`: fine-tuning on conversations."""

    output: str
    """The folder of the run: metrics, checkpoints, transcripts, and the model in `model`. An existing run goes on."""
    model: ModelConfig
    """The model to start from."""
    data: DataConfig
    """What it learns from."""
    optimizer: OptimizerConfig = OptimizerConfig()
    """How it steps."""
    steps: int = Field(ge=1)
    """Optimizer steps (paper: 15,500)."""
    seed: int = 0
    """Fixes random weights, fresh adapters and dropout."""
    checkpoint: CheckpointConfig = CheckpointConfig()
    """What is kept against accidents."""
    validation: ValidationConfig | None = None
    """Held-out loss and transcripts; null for none."""
    export: Literal["bfloat16", "float32"] = "bfloat16"
    """Numbers of the exported weights."""
