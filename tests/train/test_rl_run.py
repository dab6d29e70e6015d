"""Whole reinforcement learning runs: they repeat to the bit, survive a kill, and learn with real vLLM beside them."""

import argparse
import json
import os
import random
import re
import signal
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from safetensors.torch import load_file

from schemas.columns import arrow_schema, to_row
from schemas.solve import SolveRow
from tests.train.family import ALONE, PROGRAMS, family_run, make_guesser
from tests.train.problems import doubling
from tests.train.running import finish, start_rl
from train.commands import EvalCommand
from train.config import write_config
from train.exit_codes import DONE, ENVIRONMENT, INTERRUPTED, USAGE
from train.optimizer import OptimizerConfig
from train.rl.config import AlarmConfig, RlConfig, RolloutConfig, TasksConfig
from train.rl.group import Group
from train.rl.run import reinforce, run_rl

_TIMED = ("tokens_per_second", "memory_gib")


@pytest.fixture(scope="module")
def guesser(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Corpus and model."""
    return make_guesser(tmp_path_factory.mktemp("guesser"))


def figures_of(output: Path) -> list[dict[str, Any]]:
    lines = (output / "metrics.jsonl").read_text().splitlines()
    return [{key: value for key, value in json.loads(line).items() if key not in _TIMED} for line in lines]


def start(config: RlConfig, folder: Path) -> list[BaseProcess]:
    path = folder / "rl.yaml"
    write_config(config, path)
    return start_rl(path)


def wait_for_step(process: BaseProcess, output: Path, step: int) -> None:
    metrics = output / "metrics.jsonl"
    deadline = time.monotonic() + 240
    while not (metrics.exists() and metrics.read_text().count("\n") >= step):
        assert process.is_alive() and time.monotonic() < deadline, "the run ended before it was to be stopped"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def unbroken(guesser: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run of six steps."""
    output = tmp_path_factory.mktemp("unbroken") / "run"
    assert reinforce(family_run(*guesser, output), ALONE) == DONE
    return output


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_was_stopped_goes_on_bitwise_as_if_it_had_not_been(
    guesser: tuple[Path, Path], unbroken: Path, tmp_path: Path, number: signal.Signals
) -> None:
    config = family_run(*guesser, tmp_path / "run")
    processes = start(config, tmp_path)
    wait_for_step(processes[0], tmp_path / "run", random.randint(1, 4))
    assert processes[0].pid is not None
    os.kill(processes[0].pid, number)
    code = finish(processes)
    if number == signal.SIGTERM:
        assert code == INTERRUPTED
        assert list((tmp_path / "run" / "checkpoints").iterdir())
    else:
        assert code == -number
    assert finish(start(config, tmp_path)) == DONE
    assert figures_of(tmp_path / "run") == figures_of(unbroken)
    ours, theirs = (load_file(folder / "model" / "model.safetensors") for folder in (tmp_path / "run", unbroken))
    assert ours.keys() == theirs.keys() and all(bool((ours[name] == theirs[name]).all()) for name in ours)


def test_two_ranks_play_and_take_the_steps_of_one(guesser: tuple[Path, Path], unbroken: Path, tmp_path: Path) -> None:
    write_config(family_run(*guesser, tmp_path / "run"), tmp_path / "rl.yaml")
    for steps in (3, 6):  # the second time from the checkpoint of the first
        assert finish(start_rl(tmp_path / "rl.yaml", f"steps={steps}", ranks=2)) == DONE
    ones, twos = figures_of(unbroken), figures_of(tmp_path / "run")
    for name in ("reward", "tokens_learnt", "lessons", "flat_groups", "groups"):
        assert [line[name] for line in twos] == [line[name] for line in ones]
    for name in ("loss", "entropy", "gradient_norm"):
        assert [line[name] for line in twos] == pytest.approx([line[name] for line in ones], rel=1e-3, abs=1e-6)


def test_several_ranks_with_vllm_are_refused(guesser: tuple[Path, Path], tmp_path: Path) -> None:
    rollouts = RolloutConfig(engine="vllm", context_length=256)
    write_config(family_run(*guesser, tmp_path / "run", rollouts=rollouts), tmp_path / "rl.yaml")
    assert finish(start_rl(tmp_path / "rl.yaml", ranks=2)) == USAGE


def test_a_run_keeps_metrics_transcripts_and_settings(unbroken: Path) -> None:
    figures = figures_of(unbroken)
    assert [line["step"] for line in figures] == list(range(6))
    assert {"reward", "entropy", "mismatch", "kept", "flat_groups", "stale_episodes", "clipped"} <= figures[0].keys()
    page = (unbroken / "transcripts" / "step-0.html").read_text()
    assert "print(x + " in page and "reward" in page
    assert yaml.safe_load((unbroken / "config.yaml").read_text())["group_size"] == 8


def test_the_trainers_own_engine_speaks_with_the_trainers_probabilities(unbroken: Path) -> None:
    assert all(line["mismatch"] < 1e-6 for line in figures_of(unbroken))


def test_a_run_with_nothing_to_learn_ends_and_says_why(
    guesser: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, model = guesser
    table = pa.Table.from_pylist([to_row(doubling())], schema=arrow_schema(SolveRow))
    pq.write_table(table, tmp_path / "solve.parquet")
    tasks = TasksConfig(solve=str(tmp_path / "solve.parquet"), solve_as="self_rlef")
    config = family_run(corpus, model, tmp_path / "run", tasks=tasks, alarms=AlarmConfig(empty_rounds=2))
    write_config(config, tmp_path / "rl.yaml")
    assert run_rl(str(tmp_path / "rl.yaml")) == ENVIRONMENT
    said = capsys.readouterr().err
    assert "2 rounds in a row had nothing to learn from" in said and "8 flat groups" in said


def test_without_vllm_the_run_says_how_to_get_it(
    guesser: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = family_run(*guesser, tmp_path / "run", rollouts=RolloutConfig(engine="vllm", context_length=256))
    write_config(config, tmp_path / "rl.yaml")
    with patch.dict(sys.modules, {"vllm": None}):
        assert run_rl(str(tmp_path / "rl.yaml")) == ENVIRONMENT
    assert "pip install 'nlex[vllm]'" in capsys.readouterr().err


def test_groups_may_be_regarded_before_they_are_learnt_from(guesser: tuple[Path, Path], tmp_path: Path) -> None:
    seen: list[Group] = []

    def regard(group: Group) -> Group:
        seen.append(group)
        return group

    assert reinforce(family_run(*guesser, tmp_path / "run", steps=1), ALONE, regard) == DONE
    assert all(len(group.episodes) == 8 and group.name == "output_prediction" for group in seen)


def test_the_progress_line_shows_reward_speed_and_memory(
    guesser: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert reinforce(family_run(*guesser, tmp_path / "run", steps=2), ALONE) == DONE
    shown = r"\d/2 \[\d\d:\d\d<.*reward=-?\d\.\d{3}, kept=\d+%, entropy=\d\.\d\d, tok/s=[\d,]+, GiB=\d+\.\d"
    assert re.search(shown, capfd.readouterr().err)


@pytest.fixture(scope="module")
def trained(guesser: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """The output of a run with vLLM between the steps, and of one with vLLM beside them."""
    outputs = {}
    for overlap in (False, True):
        outputs[overlap] = tmp_path_factory.mktemp("trained") / "run"
        rollouts = RolloutConfig(engine="vllm", max_tokens=12, context_length=256, batch=64, overlap=overlap)
        # Steps too small to move the policy: what is left of the mismatch is the engine's own.
        optimizer = OptimizerConfig(learning_rate=1e-6, warmup_steps=0, schedule="constant", clip=0.1)
        config = family_run(*guesser, outputs[overlap], rollouts=rollouts, optimizer=optimizer, steps=5)
        assert reinforce(config, ALONE) == DONE
    return outputs


@pytest.mark.vllm
@pytest.mark.parametrize("overlap", [False, True])
def test_vllm_speaks_with_the_trainers_probabilities_also_when_it_plays_beside(
    trained: dict[bool, Path], overlap: bool
) -> None:
    figures = figures_of(trained[overlap])
    assert len(figures) == 5
    assert max(line["mismatch"] for line in figures) <= 2e-3
    assert max(line["most_stale"] for line in figures) <= 8
    assert (max(line["most_stale"] for line in figures) > 0) == overlap


@pytest.mark.vllm
def test_from_fine_tuning_over_reinforcement_to_a_report(
    guesser: tuple[Path, Path], trained: dict[bool, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, _ = guesser
    parser = argparse.ArgumentParser()
    EvalCommand.add_arguments(parser)
    arguments = [
        *("output-prediction", "--model", str(trained[False] / "model"), "--data", str(corpus), "--split", "train"),
        *("--output", str(tmp_path / "eval"), "--samples", "8", "--max-tokens", "12", "--context-length", "256"),
    ]
    assert EvalCommand.run(parser.parse_args([*arguments, "--json"])) == DONE
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["counts"]["rows"] == len(PROGRAMS)
    assert 0 < said["scores"]["pass@1"]["mean"] < 0.5
