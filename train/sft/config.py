"""Settings of a supervised fine-tuning run."""

from pydantic import Field

from train.config import Section
from train.data.config import DataConfig, SourceConfig
from train.run_config import RunConfig


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


class SftConfig(RunConfig):
    """`nlex train sft`: fine-tuning on conversations."""

    data: DataConfig
    """What it learns from."""
    steps: int = Field(ge=1)
    """Optimizer steps (paper: 15,500)."""
    validation: ValidationConfig | None = None
    """Held-out loss and transcripts; null for none."""
