"""Training runs in processes of their own, as a user starts them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml


def write_run(folder: Path, model: Path, corpus: Path, **settings: Any) -> Path:
    """Writes the configuration of a small fine-tuning run whose output is `folder/run`."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "output": str(folder / "run"),
        "model": {"path": str(model), "random_weights": True, "compute": "float32"},
        "data": {"sources": [{"path": str(corpus)}], "sequence_length": 256, "rows_per_step": 3, "window_rows": 4},
        "optimizer": {"learning_rate": 3e-3, "warmup_steps": 2, "schedule": "constant"},
        "steps": 12,
        "checkpoint": {"every": 3},
        **settings,
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def start_sft(config: Path, *overrides: str, ranks: int = 1) -> "subprocess.Popen[str]":
    """Starts `nlex train sft`, under `torchrun` for several ranks."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"] if ranks > 1 else []
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "train.commands", "sft", str(config), *overrides],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Waits for the end; returns the exit code and everything printed."""
    printed, _ = process.communicate(timeout=300)
    return process.returncode, printed


def metrics(config: Path) -> list[dict[str, Any]]:
    """The whole lines of the run's metrics so far."""
    path = config.parent / "run" / "metrics.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def steps_taken(config: Path) -> list[tuple[Any, ...]]:
    """What each step computed: number, loss, length of the gradient, targets, documents."""
    names = ("step", "loss", "gradient_norm", "targets", "documents")
    return [tuple(line[name] for name in names) for line in metrics(config)]
