"""The learning rate's way, and what a step does."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from train.optimizer import OptimizerConfig, learning_rate_at, make_optimizer, step_optimizer


@given(st.sampled_from(["constant", "linear", "cosine"]), st.integers(0, 50), st.integers(1, 200))
def test_the_rate_rises_to_the_peak_and_never_leaves_its_bounds(schedule: str, warmup: int, steps: int) -> None:
    config = OptimizerConfig.model_validate(
        {"learning_rate": 2.0, "warmup_steps": warmup, "schedule": schedule, "final_share": 0.25}
    )
    rates = [learning_rate_at(config, step, steps) for step in range(steps)]
    rising, after = rates[:warmup], rates[warmup:]
    assert rising == sorted(rising)
    assert after == sorted(after, reverse=True)
    assert all(0 < rate <= 2.0 for rate in rates)
    if len(after) > 1 and schedule != "constant":
        assert after[0] == 2.0
        assert after[-1] == pytest.approx(0.5)


def test_matrices_decay_and_vectors_do_not() -> None:
    model = torch.nn.Linear(3, 2)
    optimizer = make_optimizer(model, OptimizerConfig(weight_decay=0.3))
    decay = {id(weight): group["weight_decay"] for group in optimizer.param_groups for weight in group["params"]}
    assert (decay[id(model.weight)], decay[id(model.bias)]) == (0.3, 0.0)


def test_a_long_gradient_is_clipped_and_its_length_told() -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    before = model.weight.item()
    model.weight.grad = torch.tensor([[30.0]])
    assert step_optimizer(model, optimizer, rate=1.0, clip=0.5) == 30.0
    assert model.weight.item() == pytest.approx(before - 0.5, abs=1e-4)
    assert model.weight.grad is None


def test_a_gradient_that_is_not_finite_leaves_the_weights_alone() -> None:
    model = torch.nn.Linear(1, 1)
    before = model.weight.item()
    model.weight.grad = torch.tensor([[float("nan")]])
    with pytest.raises(FloatingPointError, match="not finite"):
        step_optimizer(model, make_optimizer(model, OptimizerConfig()), rate=1.0, clip=1.0)
    assert model.weight.item() == before
