"""Training runs in processes of their own, as a user starts them."""

import json
import multiprocessing
import os
import socket
import sys
from multiprocessing.process import BaseProcess
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


# Forked from a process that has imported torch: a start costs a tenth of a second instead of many seconds.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["train.sft.run", "train.rl.run", "train.commands"])


def _run(method: str, config: str, overrides: tuple[str, ...], environment: dict[str, str]) -> None:
    from train.commands import main

    os.environ.update(environment)
    sys.argv = ["nlex", method, config, *overrides]
    sys.exit(main())


def start_sft(config: Path, *overrides: str, ranks: int = 1) -> list[BaseProcess]:
    """Starts `nlex train sft` in one process, or in several."""
    return _start("sft", config, overrides, ranks)


def start_rl(config: Path, *overrides: str, ranks: int = 1) -> list[BaseProcess]:
    """Starts `nlex train rl` in one process, or in several."""
    return _start("rl", config, overrides, ranks)


def _start(method: str, config: Path, overrides: tuple[str, ...], ranks: int) -> list[BaseProcess]:
    """Several processes get the environment that `torchrun` gives them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    group = {"WORLD_SIZE": str(ranks), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes: list[BaseProcess] = []
    for rank in range(ranks):
        own = {**group, "RANK": str(rank), "LOCAL_RANK": str(rank)} if ranks > 1 else {}
        processes.append(_PROCESSES.Process(target=_run, args=(method, str(config), overrides, own)))
        processes[-1].start()
    return processes


def finish(processes: list[BaseProcess]) -> int | None:
    """Waits for the end; returns the first process's exit code, negative for a signal, None after five minutes."""
    for process in processes:
        process.join(300)
    return processes[0].exitcode


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
