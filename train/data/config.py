"""Settings of the training data: which shards, in what proportions, packed how."""

from pydantic import Field, model_validator

from train.config import Section


class SourceConfig(Section):
    """One set of Parquet shards."""

    path: str
    """A corpus folder, a Parquet file or a glob of files: local, or any fsspec address (gs://, hf://, s3://)."""
    config: str = "nlex"
    """Which config of a corpus folder to read."""
    split: str = "train"
    """Which split of a corpus folder to read."""
    weight: float = Field(default=1.0, gt=0)
    """Share of the documents drawn from this source, relative to the other sources' weights."""
    messages_column: str = "messages"
    """The column that holds a conversation: a list of {role, content}."""
    prompt_column: str | None = None
    """Where set, a row is this column as the user's turn and `answer_column` as the assistant's."""
    answer_column: str | None = None
    """The assistant's turn where `prompt_column` is set."""
    answer_format: str = "{answer}"
    """What the assistant says, with {answer} for the answer column's text."""

    @model_validator(mode="after")
    def _both_columns(self) -> "SourceConfig":
        if (self.prompt_column is None) != (self.answer_column is None):
            raise ValueError("prompt_column and answer_column are set together")
        if "{answer}" not in self.answer_format:
            raise ValueError("answer_format has no {answer} in it")
        return self


class DataConfig(Section):
    """The stream of packed rows."""

    sources: tuple[SourceConfig, ...] = Field(min_length=1)
    """The sets of shards to mix."""
    sequence_length: int = Field(default=65_536, ge=2)
    """Tokens of a packed row; a longer document is dropped and counted (paper: 65,536 for SFT)."""
    rows_per_step: int = Field(default=64, ge=1)
    """Packed rows of an optimizer step, over all ranks (paper: 4M tokens a step)."""
    window_rows: int = Field(default=64, ge=1)
    """Rows' worth of documents that are packed together: more waste less, and take more memory."""
    max_epochs: int | None = Field(default=None, ge=1)
    """Times a source is read at most; null repeats it for as long as the run lasts."""
    seed: int = 0
    """Fixes the order of the documents; the order of each epoch differs."""
