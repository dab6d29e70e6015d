"""Fine-tuning as a user runs it: to the end, killed and gone on with, asked to stop, on one rank and on two."""

import os
import random
import re
import signal
import time
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM

from tests.train.conftest import ALONE
from tests.train.corpus import conversations, write_shards
from tests.train.running import finish, metrics, start_sft, steps_taken, write_run
from train.exit_codes import DONE
from train.sft.config import SftConfig
from train.sft.run import fine_tune

STEPS = 12


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory, tiny: Path, corpus: Path) -> Path:
    """A run to the last step; its configuration."""
    config = write_run(
        tmp_path_factory.mktemp("unbroken"),
        tiny,
        corpus,
        validation={"source": {"path": str(corpus)}, "every": 6, "rows": 2, "transcripts": 1, "answer_tokens": 8},
    )
    assert finish(start_sft(config)) == 0
    return config


def wait_for_step(config: Path, step: int) -> None:
    deadline = time.monotonic() + 120
    while len(metrics(config)) <= step:
        assert time.monotonic() < deadline, f"no step {step} after two minutes"
        time.sleep(0.01)


def test_the_loss_falls(unbroken: Path) -> None:
    losses = [line["loss"] for line in metrics(unbroken)]
    assert len(losses) == STEPS
    assert losses[-1] < losses[0] - 0.5


def test_the_run_leaves_a_model_metrics_tensorboard_and_transcripts(unbroken: Path) -> None:
    run = unbroken.parent / "run"
    assert AutoModelForCausalLM.from_pretrained(run / "model").dtype == torch.bfloat16
    assert list((run / "tensorboard").glob("events.*"))
    assert sorted(page.name for page in (run / "transcripts").iterdir()) == ["step-12.html", "step-6.html"]
    assert {"tokens_per_second", "memory_gib", "learning_rate", "unfilled"} <= metrics(unbroken)[0].keys()


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_a_random_step_it_goes_on_bit_by_bit(
    unbroken: Path, tmp_path: Path, tiny: Path, corpus: Path, seed: int
) -> None:
    config = write_run(tmp_path, tiny, corpus)
    process = start_sft(config)
    wait_for_step(config, random.Random(seed).randrange(1, STEPS - 1))
    process[0].kill()
    assert finish(process) == -signal.SIGKILL
    assert finish(start_sft(config)) == 0
    assert steps_taken(config) == steps_taken(unbroken)


DRAWN = ("model.lora={rank: 2, dropout: 0.2}", "optimizer.warmup_steps=4", "optimizer.schedule=cosine")


def test_dropout_adapters_and_a_falling_rate_go_on_bit_by_bit_too(tmp_path: Path, tiny: Path, corpus: Path) -> None:
    whole, broken = (write_run(tmp_path / name, tiny, corpus) for name in ("whole", "broken"))
    assert finish(start_sft(whole, *DRAWN)) == 0
    process = start_sft(broken, *DRAWN)
    wait_for_step(broken, 5)
    process[0].kill()
    finish(process)
    assert finish(start_sft(broken, *DRAWN)) == 0
    assert steps_taken(broken) == steps_taken(whole)
    rates = [[line["learning_rate"] for line in metrics(config)] for config in (whole, broken)]
    assert rates[0] == rates[1] and len(set(rates[0][4:])) == STEPS - 4


def test_the_progress_line_shows_loss_speed_mfu_memory_and_the_time_left(
    tmp_path: Path, tiny: Path, corpus: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = write_run(tmp_path, tiny, corpus, steps=3)
    with patch("train.watch.speed.peak_flops", return_value=1e12):
        assert fine_tune(SftConfig.model_validate(yaml.safe_load(config.read_text())), ALONE) == DONE
    shown = r"\d/3 \[\d\d:\d\d<\d\d:\d\d.*loss=\d+\.\d{4}, tok/s=[\d,]+, MFU=\d+\.\d%, GiB=\d+\.\d"
    assert re.search(shown, capfd.readouterr().err)
    assert all(0 < line["mfu"] < 1 for line in metrics(config))


def test_asked_to_stop_it_saves_the_step_it_is_at_and_goes_on_bit_by_bit(
    unbroken: Path, tmp_path: Path, tiny: Path, corpus: Path
) -> None:
    config = write_run(tmp_path, tiny, corpus, checkpoint={"every": 1000})
    process = start_sft(config)
    wait_for_step(config, 4)
    os.kill(process[0].pid or 0, signal.SIGTERM)
    assert finish(process) == 130
    taken = len(metrics(config))
    assert [path.name for path in (config.parent / "run" / "checkpoints").iterdir()] == [f"step-{taken}"]
    assert finish(start_sft(config)) == 0
    assert steps_taken(config) == steps_taken(unbroken)


def test_a_finished_run_is_left_as_it_is(unbroken: Path) -> None:
    before = steps_taken(unbroken)
    assert finish(start_sft(unbroken)) == 0
    assert steps_taken(unbroken) == before


def test_other_settings_in_the_same_folder_are_refused(unbroken: Path) -> None:
    assert finish(start_sft(unbroken, "optimizer.learning_rate=1e-4")) == 2


def test_two_ranks_take_the_steps_of_one(unbroken: Path, tmp_path: Path, tiny: Path, corpus: Path) -> None:
    config = write_run(tmp_path, tiny, corpus)
    for steps in (5, STEPS):  # the second time from the checkpoint of the first
        assert finish(start_sft(config, f"steps={steps}", ranks=2)) == 0
    ones, twos = metrics(unbroken), metrics(config)
    assert [line["targets"] for line in twos] == [line["targets"] for line in ones]
    assert [line["loss"] for line in twos] == pytest.approx([line["loss"] for line in ones], rel=1e-5)
    assert [line["gradient_norm"] for line in twos] == pytest.approx([line["gradient_norm"] for line in ones], rel=1e-4)


def test_an_unusable_row_is_told_beside_the_progress_line(
    tmp_path: Path, tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = conversations(30)
    rows[3]["messages"] = [{"role": "user", "content": "no answer"}]
    folder = write_shards(tmp_path / "corpus", rows)
    data = {"sources": [{"path": str(folder)}], "sequence_length": 256, "rows_per_step": 2, "max_epochs": 1}
    config = SftConfig.model_validate(yaml.safe_load(write_run(tmp_path, tiny, folder, data=data).read_text()))
    assert fine_tune(config, ALONE) == DONE
    assert "1 unusable so far, the last: " in capfd.readouterr().err


def test_data_that_ends_before_the_steps_do_ends_the_run_with_a_model(tmp_path: Path, tiny: Path, corpus: Path) -> None:
    data = {"sources": [{"path": str(corpus)}], "sequence_length": 256, "rows_per_step": 40, "max_epochs": 1}
    config = write_run(tmp_path, tiny, corpus, data=data)
    assert finish(start_sft(config)) == 0
    assert sum(line["documents"] for line in metrics(config)) == 60
    assert (config.parent / "run" / "model" / "model.safetensors").exists()
