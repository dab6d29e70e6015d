"""A family of small programs that a tiny model can learn to predict, as a corpus; and a model that only guesses."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from schemas.columns import arrow_schema, to_row
from schemas.output_prediction import OutputPredictionRow
from tests.train.problems import printing
from tests.train.tiny_model import make_tiny_model
from train.model.config import ModelConfig
from train.model.ranks import Ranks
from train.optimizer import OptimizerConfig
from train.rl.config import AlarmConfig, RlConfig, RolloutConfig, TasksConfig
from train.run_config import CheckpointConfig
from train.sft.config import SftConfig
from train.sft.run import fine_tune

ALONE = Ranks(0, 1, torch.device("cpu"))
PROGRAMS = [printing(f"x = {a}\nprint(x + {b})\n", f"{a + b}\n", f"{a}+{b}") for a in range(5) for b in range(3)]
OUTPUTS = 7


def write_family(corpus: Path, guesses: int = 600, right: float = 0.0) -> Path:
    """`output_prediction` rows of the programs, and `nlex` rows that answer them with guesses.

    `right` is the share of the answers that are true and no guess.
    """
    chance = random.Random(0)
    rows = [PROGRAMS[number % len(PROGRAMS)] for number in range(guesses)]
    answers = [
        f"<output>{row.expected_output.strip() if chance.random() < right else chance.randrange(OUTPUTS)}</output>"
        for row in rows
    ]
    conversations: list[dict[str, Any]] = [
        {"messages": [{"role": "user", "content": row.prompt}, {"role": "assistant", "content": answer}]}
        for row, answer in zip(rows, answers, strict=True)
    ]
    predictions = pa.Table.from_pylist([to_row(row) for row in PROGRAMS], schema=arrow_schema(OutputPredictionRow))
    for config, table in (("nlex", pa.Table.from_pylist(conversations)), ("output_prediction", predictions)):
        (corpus / config).mkdir(parents=True, exist_ok=True)
        pq.write_table(table, corpus / config / "train-00000-of-00001.parquet")
    return corpus


def make_guesser(
    folder: Path, *, steps: int = 60, guesses: int = 600, right: float = 0.0, rate: float = 5e-3
) -> tuple[Path, Path]:
    """A corpus of the family, and a tiny model that answers its prompts in the right form with any digit.

    With `right`, more steps and a lower `rate` it knows some of the answers.

    Returns:
        corpus, model.
    """
    corpus = write_family(folder / "corpus", guesses, right)
    start = make_tiny_model(folder / "start", texts=[row.prompt for row in PROGRAMS])
    config = SftConfig.model_validate(
        {
            "output": str(folder / "sft"),
            "model": {"path": str(start), "compute": "float32"},
            "data": {"sources": [{"path": str(corpus)}], "sequence_length": 512, "rows_per_step": 2},
            "optimizer": OptimizerConfig(learning_rate=rate, warmup_steps=5, weight_decay=0.0),
            "steps": steps,
            "checkpoint": CheckpointConfig(every=1000),
            "export": "float32",
        }
    )
    fine_tune(config, ALONE)
    return corpus, folder / "sft" / "model"


def family_run(corpus: Path, model: Path, output: Path, **changed: Any) -> RlConfig:
    """Reinforcement on the family with the synchronous engine; `changed` replaces settings of the top level."""
    settings: dict[str, Any] = {
        "output": str(output),
        "model": ModelConfig(path=str(model), compute="float32"),
        "tasks": TasksConfig(output_prediction=str(corpus)),
        "rollouts": RolloutConfig(engine="transformers", max_tokens=12, context_length=256, batch=128),
        "groups_per_round": 8,
        "batch_tokens": 100,
        "packed_tokens": 2048,
        "optimizer": OptimizerConfig(
            learning_rate=2e-3, warmup_steps=2, schedule="constant", weight_decay=0.0, clip=0.1
        ),
        "steps": 6,
        "alarms": AlarmConfig(),
        "checkpoint": CheckpointConfig(every=2),
        "transcripts_every": 3,
        "export": "float32",
    }
    return RlConfig(**{**settings, **changed})
