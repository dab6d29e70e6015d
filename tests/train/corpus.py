"""A small corpus of conversations as Parquet shards, and a small model made from it."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from train.model.tiny import TinyConfig, make_tiny


def conversations(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Rows whose assistant works out a sum, in texts of many lengths."""
    numbers = random.Random(seed)
    rows = []
    for row in range(count):
        terms = [numbers.randrange(100) for _ in range(numbers.randrange(2, 12))]
        total, steps = 0, []
        for term in terms:
            total += term
            steps.append(f"Add {term}: the sum is {total}.")
        rows.append(
            {
                "messages": [
                    {"role": "user", "content": f"What does print(sum({terms})) print? ({row})"},
                    {"role": "assistant", "content": "\n".join([*steps, f"<output>{total}\n</output>"])},
                ],
                "prompt": f"print(sum({terms}))",
                "expected_output": f"{total}\n",
            }
        )
    return rows


def write_shards(folder: Path, rows: list[dict[str, Any]], files: int = 2, group: int = 7) -> Path:
    """Writes `nlex/train-…` shards of small row groups, and returns the corpus folder."""
    (folder / "nlex").mkdir(parents=True, exist_ok=True)
    for file in range(files):
        table = pa.Table.from_pylist(rows[file::files])
        pq.write_table(table, folder / "nlex" / f"train-{file:05}-of-{files:05}.parquet", row_group_size=group)
    return folder


def write_tiny_model(folder: Path, rows: list[dict[str, Any]], *, tied: bool = True) -> Path:
    """A Llama of two layers and its tokenizer."""
    shape = TinyConfig(vocabulary=384, width=32, layers=2, heads=4, tied=tied, positions=512)
    return make_tiny(folder, (turn["content"] for row in rows for turn in row["messages"]), shape)
