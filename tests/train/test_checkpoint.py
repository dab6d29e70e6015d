"""A checkpoint is whole or not there, and brings everything back bit by bit."""

import shutil
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from torch import Tensor

from tests.train.test_packing import documents
from train.checkpoint import CheckpointError, Checkpoints
from train.config import ConfigError
from train.data.packing import pack
from train.model.config import LoraConfig, ModelConfig
from train.model.loading import load_policy
from train.model.policy import Policy
from train.model.ranks import Ranks
from train.optimizer import OptimizerConfig, make_optimizer, step_optimizer
from train.runs import open_run
from train.watch.watcher import METRICS


def step(policy: Policy, optimizer: torch.optim.Optimizer, seed: int) -> float:
    loss = -policy(pack(documents(seed))).logprobs.mean()
    loss.backward()
    step_optimizer(policy, optimizer, 1e-2, 1.0)
    return float(loss.detach())


def weights(policy: Policy) -> list[Tensor]:
    return [weight.detach().clone() for weight in policy.parameters()]


@pytest.fixture(params=["full", "lora"])
def model(tiny_model: ModelConfig, request: pytest.FixtureRequest) -> ModelConfig:
    lora = LoraConfig(rank=2, dropout=0.1) if request.param == "lora" else None
    return tiny_model.model_copy(update={"lora": lora})


def test_going_on_from_a_checkpoint_repeats_every_step_bit_by_bit(
    model: ModelConfig, alone: Ranks, tmp_path: Path
) -> None:
    policy = load_policy(model, alone)
    optimizer = make_optimizer(policy, OptimizerConfig())
    checkpoints = Checkpoints(tmp_path, alone)
    for seed in range(3):
        step(policy, optimizer, seed)
    checkpoints.save(3, policy, optimizer, {"place": [1, 2]})
    # Training goes on while the checkpoint is written: it must hold what was there when it was asked for.
    losses = [step(policy, optimizer, seed) for seed in range(3, 6)]
    checkpoints.wait()

    fresh = load_policy(model, alone)
    again = make_optimizer(fresh, OptimizerConfig())
    assert Checkpoints(tmp_path, alone).restore(fresh, again) == {"place": [1, 2]}
    assert [step(fresh, again, seed) for seed in range(3, 6)] == losses
    assert all(torch.equal(one, other) for one, other in zip(weights(policy), weights(fresh), strict=True))


def test_an_unfinished_checkpoint_is_not_seen_and_is_cleared_away(
    tiny_model: ModelConfig, alone: Ranks, tmp_path: Path
) -> None:
    policy = load_policy(tiny_model, alone)
    optimizer = make_optimizer(policy, OptimizerConfig())
    checkpoints = Checkpoints(tmp_path, alone)
    checkpoints.save(1, policy, optimizer, {})
    checkpoints.wait()
    shutil.copytree(tmp_path / "step-1", tmp_path / "step-2.partial")
    assert Checkpoints(tmp_path, alone).latest() == 1
    assert [path.name for path in tmp_path.iterdir()] == ["step-1"]


def test_the_newest_checkpoints_are_kept(tiny_model: ModelConfig, alone: Ranks, tmp_path: Path) -> None:
    policy = load_policy(tiny_model, alone)
    optimizer = make_optimizer(policy, OptimizerConfig())
    checkpoints = Checkpoints(tmp_path, alone, keep=2)
    for number in (1, 2, 10):
        checkpoints.save(number, policy, optimizer, {})
    checkpoints.wait()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-10", "step-2"]
    assert checkpoints.latest() == 10


def test_a_failure_to_write_is_told(tiny_model: ModelConfig, alone: Ranks, tmp_path: Path) -> None:
    policy = load_policy(tiny_model, alone)
    checkpoints = Checkpoints(tmp_path, alone)
    with patch("train.checkpoint.os.replace", side_effect=OSError(28, "No space left on device")):
        checkpoints.save(1, policy, make_optimizer(policy, OptimizerConfig()), {})
        with pytest.raises(CheckpointError, match="No space left on device"):
            checkpoints.wait()
    assert checkpoints.latest() is None


def test_a_checkpoint_of_another_model_is_an_error(tiny_model: ModelConfig, alone: Ranks, tmp_path: Path) -> None:
    policy = load_policy(tiny_model, alone)
    checkpoints = Checkpoints(tmp_path, alone)
    checkpoints.save(1, policy, make_optimizer(policy, OptimizerConfig()), {})
    checkpoints.wait()
    other = load_policy(tiny_model.model_copy(update={"lora": LoraConfig(rank=2)}), alone)
    with pytest.raises(CheckpointError, match="does not fit this model"):
        checkpoints.restore(other, make_optimizer(other, OptimizerConfig()))


def test_a_folder_of_another_run_is_refused_and_the_difference_named(
    tiny_model: ModelConfig, alone: Ranks, tmp_path: Path
) -> None:
    open_run(tiny_model, tmp_path, alone)
    (tmp_path / METRICS).write_text('{"step": 0}\n')
    open_run(tiny_model, tmp_path, alone)
    with pytest.raises(ConfigError, match="another run lies there; logit_chunk differs"):
        open_run(tiny_model.model_copy(update={"logit_chunk": 7}), tmp_path, alone)


def test_a_run_that_took_no_step_may_be_begun_with_other_settings(
    tiny_model: ModelConfig, alone: Ranks, tmp_path: Path
) -> None:
    open_run(tiny_model, tmp_path, alone)
    open_run(tiny_model.model_copy(update={"logit_chunk": 7}), tmp_path, alone)
