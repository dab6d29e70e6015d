"""Sample rows of a corpus: one of each config, short enough to be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq

from pipelines.merge import Shard

_SHOWN = 240
_GOOD_STEPS = 10


@dataclass(frozen=True)
class Sample:
    """A row of a config: the turns of its conversation, if it is one, and its other fields as JSON."""

    config: str
    split: str
    turns: tuple[tuple[str, str], ...]
    fields: str


def _cut(value: Any) -> Any:
    match value:
        case str() if len(value) > _SHOWN:
            return f"{value[:_SHOWN]}... ({len(value):,} characters)"
        case bytes():
            return f"{len(value):,} bytes"
        case list():
            return [_cut(each) for each in value[:3]] + [f"... ({len(value)} in all)"] * (len(value) > 3)
        case dict():
            return {name: _cut(each) for name, each in value.items()}
        case _:
            return value


def _example(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The shortest conversation that has some steps to show."""
    long_enough = [row for row in rows if row["steps"] >= _GOOD_STEPS] or rows
    return min(long_enough, key=lambda row: (row["tokens"], row["id"]))


def samples(output: Path, files: Mapping[str, Mapping[str, Sequence[Shard]]]) -> Iterator[Sample]:
    """A row of the first row group of each config's first split."""
    for config, splits in files.items():
        split, shard = next((split, shard) for split, shards in splits.items() for shard in shards if shard.rows)
        rows = pq.ParquetFile(output / shard.path).read_row_group(0).to_pylist()
        row = _example(rows) if config == "nlex" else rows[0]
        turns = tuple((turn["role"], turn["content"]) for turn in row.get("messages", ()))
        plain = {name: _cut(value) for name, value in row.items() if name != "messages"}
        yield Sample(config, split, turns, orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode())
