"""Does prose about executions help a small model to predict outputs? One experiment, from programs to a table.

A corpus of small programs is built; the same model of about 3M weights is trained from nothing on explanations and, on
the same number of tokens of the same programs, on answers alone; the first is then trained by reinforcement on output
prediction. Each is asked for the outputs of programs it has not seen, for three seeds. What comes out is printed as it
is, also where it is not what one hoped for.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from benchmarks.small_programs import DIGITS, HELD_OUT, make_rows

ANSWER = "<output>{answer}</output>"
# The shortest style: what a line changed, and nothing of how. A small model then sees more programs a token.
STYLE = "state"
# Student's t for 95% with 2 degrees of freedom: three seeds.
T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}


def build_corpus(folder: Path, programs: int, held_out: int, sandbox: str) -> Path:
    """Builds the corpus, and joins explanation and answer under one prompt; returns the joined shards."""
    joined = folder / "joined"
    if (joined / "done").exists():
        return joined
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "programs.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in make_rows(programs, held_out, seed=0)))
    corpus = folder / "corpus"
    command = [sys.executable, "-m", "pipelines.cli", "build", f"jsonl:{source}", "--output", str(corpus)]
    subprocess.run([*command, "--styles", STYLE, "--sandbox", sandbox], check=True)
    for split in ("train", HELD_OUT):
        told = _rows(corpus, "nlex", split)
        explained = {row["id"].removesuffix(f":{STYLE}"): row["messages"][-1]["content"] for row in told}
        asked = [row for row in _rows(corpus, "output_prediction", split) if row["id"] in explained]
        table = pa.Table.from_pylist(
            [
                {
                    "prompt": row["prompt"],
                    "explanation": explained[row["id"]],
                    "answer": ANSWER.replace("{answer}", row["expected_output"]),
                    "expected": row["expected_output"],
                }
                for row in asked
            ]
        )
        (joined / "nlex").mkdir(parents=True, exist_ok=True)
        pq.write_table(table, joined / "nlex" / f"{split}-00000-of-00001.parquet", row_group_size=256)
    (joined / "done").touch()
    return joined


def fine_tune_arm(folder: Path, shards: Path, column: str, *, seed: int, tokens: int) -> Path:
    """Trains from random weights on one column of the joined shards; returns the exported model."""
    from train.exit_codes import DONE
    from train.model.ranks import join_ranks
    from train.sft.config import SftConfig
    from train.sft.run import fine_tune

    length, rows = 512, 1
    config = SftConfig.model_validate(
        {
            "output": str(folder),
            "model": {"path": str(shards.parent / "tiny"), "random_weights": True, "compute": "bfloat16"},
            "data": {
                "sources": [{"path": str(shards), "prompt_column": "prompt", "answer_column": column}],
                "sequence_length": length,
                "rows_per_step": rows,
                "window_rows": 64,
                "seed": seed,
            },
            "optimizer": {"learning_rate": 2e-3, "warmup_steps": 50, "schedule": "linear", "final_share": 0.05},
            "steps": max(2, tokens // (length * rows)),
            "seed": seed,
            "export": "float32",
        }
    )
    with join_ranks() as ranks:
        if fine_tune(config, ranks) != DONE:
            raise SystemExit(130)
    return folder / "model"


def reinforce_arm(folder: Path, corpus: Path, model: Path, *, seed: int, steps: int) -> Path | None:
    """Goes on from a model by reinforcement on output prediction; None where the model gives nothing to learn from."""
    from train.config import read_config
    from train.exit_codes import DONE
    from train.model.ranks import join_ranks
    from train.rl.alarms import NothingToLearn
    from train.rl.config import RlConfig
    from train.rl.run import reinforce

    settings = {
        "output": folder,
        "model.path": model,
        "tasks.output_prediction": corpus,
        "steps": steps,
        "seed": seed,
    }
    config = read_config(RlConfig, "reproduce-small-rl", [f"{key}={value}" for key, value in settings.items()])
    with join_ranks() as ranks:
        try:
            done = reinforce(config, ranks)
        except NothingToLearn as error:
            print(f"seed {seed}: {error}", file=sys.stderr)
            return None
    if done != DONE:
        raise SystemExit(done)
    return folder / "model"


def accuracy(model: Path, joined: Path, tokens: int) -> list[bool]:
    """Whether the greedy answer's output is the true one, for each held-out program."""
    import torch
    from transformers import AutoModelForCausalLM

    from train.data.conversation import prompt_text
    from train.environments.answers import predicted_output
    from train.model.config import ModelConfig
    from train.model.loading import load_tokenizer

    torch.set_num_threads(1)
    tokenizer = load_tokenizer(ModelConfig(path=str(model)))
    lm = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
    rows = list(_rows(joined, "nlex", HELD_OUT))
    right = []
    for start in range(0, len(rows), 64):
        some = rows[start : start + 64]
        texts = [prompt_text(tokenizer, [{"role": "user", "content": row["prompt"]}]) for row in some]
        asked = tokenizer(texts, return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False)
        said = lm.generate(
            input_ids=asked["input_ids"],
            attention_mask=asked["attention_mask"],
            do_sample=False,
            max_new_tokens=tokens,
            pad_token_id=tokenizer.pad_token_id,
        )
        answers = tokenizer.batch_decode(said[:, asked["input_ids"].shape[1] :], skip_special_tokens=True)
        right += [
            (predicted_output(answer) or "").split() == row["expected"].split()
            for answer, row in zip(answers, some, strict=True)
        ]
    return right


def run_seed(work: tuple[Path, int, argparse.Namespace]) -> dict[str, float]:
    """All arms of one seed; returns each one's accuracy on the held-out programs."""
    folder, seed, args = work
    joined = folder / "joined"
    models: dict[str, Path | None] = {}
    for name, column in (("explanations", "explanation"), ("answers alone", "answer")):
        models[name] = fine_tune_arm(folder / f"{column}-{seed}", joined, column, seed=seed, tokens=args.tokens)
    explained = folder / f"explanation-{seed}" / "model"
    models["explanations, then RL"] = reinforce_arm(
        folder / f"rl-{seed}", folder / "corpus", explained, seed=seed, steps=args.rl_steps
    )
    return {
        name: statistics.mean(accuracy(model, joined, args.answer_tokens)) if model else math.nan
        for name, model in models.items()
    }


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The mean of a few seeds, and half the width of its 95% interval (Student's t)."""
    spread = statistics.stdev(values) if len(values) > 1 else math.nan
    return statistics.mean(values), T_95.get(len(values), 1.96) * spread / math.sqrt(len(values))


def main() -> None:
    """Runs the experiment and prints the table, and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("out/reproduce-small"))
    parser.add_argument(
        "--programs", type=int, default=9000, help="programs to train on, with near copies of those asked for (9,000)"
    )
    parser.add_argument("--held-out", type=int, default=200, help="programs to ask for (200)")
    parser.add_argument("--tokens", type=int, default=300_000, help="tokens of each fine-tuning (300,000)")
    parser.add_argument("--rl-steps", type=int, default=20, help="steps of reinforcement (20)")
    parser.add_argument("--answer-tokens", type=int, default=64, help="tokens of an answer at most (64)")
    parser.add_argument("--seeds", type=int, default=3, help="seeds (3)")
    parser.add_argument("--workers", type=int, default=1, help="seeds at a time, a thread each (1)")
    parser.add_argument("--sandbox", choices=["docker", "process"], default="process")
    args = parser.parse_args()
    began = time.time()
    # Two threads of a product wait for each other: on shared processors a step then took twenty times as long.
    os.environ["OMP_NUM_THREADS"] = "1"
    joined = build_corpus(args.output, args.programs, args.held_out, args.sandbox)
    _make_model(args.output / "tiny", joined)
    work = [(args.output, seed, args) for seed in range(args.seeds)]
    with ProcessPoolExecutor(args.workers, get_context("spawn")) as pool:
        results = list(pool.map(run_seed, work) if args.workers > 1 else map(run_seed, work))
    print(f"\nHeld-out output prediction, {args.held_out} programs, {args.tokens:,} tokens each, {args.seeds} seeds")
    print(f"{'trained on':<24} {'accuracy':>9} {'95% interval':>16}  seeds")
    summary: dict[str, Any] = {}
    for name in results[0]:
        values = [result[name] for result in results]
        mean, half = interval(values)
        summary[name] = {"mean": mean, "half_width": half, "seeds": values}
        low, high = max(0.0, mean - half), min(1.0, mean + half)
        print(f"{name:<24} {mean:>9.1%} {f'{low:.1%} to {high:.1%}':>16}  {', '.join(f'{v:.1%}' for v in values)}")
    print(f"{'a digit of the program':<24} {1 / DIGITS:>9.1%} {'at random':>16}")
    print(json.dumps({"minutes": (time.time() - began) / 60, **summary}))


def _make_model(folder: Path, joined: Path) -> None:
    from train.model.tiny import TinyConfig, make_tiny, written

    texts = (
        written([{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["explanation"]}])
        for row in _rows(joined, "nlex", "train")
    )
    make_tiny(
        folder, texts, TinyConfig(vocabulary=1024, width=256, layers=4, heads=4, positions=1024, whole_lines=True)
    )


def _rows(folder: Path, config: str, split: str) -> Iterator[dict[str, Any]]:
    files = sorted((folder / config).glob(f"{split}-*.parquet"))
    yield from ds.dataset([str(file) for file in files], format="parquet").to_table().to_pylist()


if __name__ == "__main__":
    main()
