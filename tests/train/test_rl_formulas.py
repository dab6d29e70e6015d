"""The formulas of reinforcement learning against published vectors and against plain loops."""

import math
import statistics

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from train.rl.advantage import Baseline, advantages
from train.rl.importance import k3_divergence
from train.rl.loss import Normaliser, policy_loss, token_weights

EXACT = 1e-12
REWARDS, LENGTHS = [1.0, -1.0, -1.0, -1.0], [2, 4, 1, 3]
OLD = [[-0.5, -1.0], [-0.2, -0.7, -1.5, -0.1], [-2.0], [-0.3, -0.9, -0.4]]
NEW = [[-0.4, -1.3], [-0.2, -0.5, -1.9, -0.1], [-1.5], [-0.3, -0.6, -0.4]]


def flat(nested: list[list[float]]) -> torch.Tensor:
    return torch.tensor([number for row in nested for number in row], dtype=torch.float64)


def loss_of(
    new: torch.Tensor, old: torch.Tensor, advantage: list[float], lengths: list[int], normaliser: Normaliser
) -> tuple[torch.Tensor, int]:
    repeats = torch.tensor(lengths)
    weight = torch.tensor(token_weights(lengths, normaliser, longest=8), dtype=torch.float64)
    each = torch.tensor(advantage, dtype=torch.float64)
    loss = policy_loss(
        new, old, each.repeat_interleave(repeats), weight.repeat_interleave(repeats), clip_low=0.2, clip_high=0.25
    )
    return loss.total, loss.clipped


def loss_by_loop(
    new: list[list[float]], old: list[list[float]], advantage: list[float], normaliser: Normaliser
) -> float:
    total, count = 0.0, len(new)
    tokens = sum(map(len, new))
    for theirs, ours, gain in zip(old, new, advantage, strict=True):
        for before, now in zip(theirs, ours, strict=True):
            ratio = math.exp(now - before)
            term = min(ratio * gain, min(max(ratio, 0.8), 1.25) * gain)
            share = {"tokens": tokens, "sequences": count * len(ours), "fixed": count * 8}[normaliser]
            total -= term / share
    return total


@pytest.mark.parametrize(
    ("baseline", "std", "expected", "losses"),
    [
        ("token_weighted", False, [1.6, -0.4, -0.4, -0.4], (0.065441, 0.007871, 0.020450)),
        ("mean", False, [1.5, -0.5, -0.5, -0.5], (0.174101, 0.125213, 0.054406)),
    ],
)
def test_advantages_and_losses_have_the_published_values(
    baseline: Baseline, std: bool, expected: list[float], losses: tuple[float, float, float]
) -> None:
    advantage = advantages(REWARDS, LENGTHS, baseline=baseline, divide_by_std=std)
    assert all(abs(one - other) <= EXACT for one, other in zip(advantage, expected, strict=True))
    for normaliser, value in zip(("tokens", "sequences", "fixed"), losses, strict=True):
        total, clipped = loss_of(flat(NEW), flat(OLD), advantage, LENGTHS, normaliser)
        assert abs(float(total) - value) < 5e-7
        assert abs(float(total) - loss_by_loop(NEW, OLD, advantage, normaliser)) <= EXACT
        assert clipped == 1


def test_division_by_the_deviation_has_the_published_values() -> None:
    advantage = advantages(REWARDS, LENGTHS, baseline="mean", divide_by_std=True)
    assert [round(one, 5) for one in advantage] == [1.49985, -0.49995, -0.49995, -0.49995]
    total, _ = loss_of(flat(NEW), flat(OLD), advantage, LENGTHS, "tokens")
    assert abs(float(total) - 0.174083) < 5e-7


def test_the_gradient_has_the_published_values() -> None:
    new = flat(NEW).requires_grad_()
    total, _ = loss_of(new, flat(OLD), advantages(REWARDS, LENGTHS), LENGTHS, "tokens")
    total.backward()
    expected = [-0.176827, -0.118531, 0.04, 0.048856, 0, 0.04, 0.065949, 0.04, 0.053994, 0.04]
    assert new.grad is not None
    assert torch.allclose(new.grad, torch.tensor(expected, dtype=torch.float64), atol=5e-7, rtol=0)


def test_the_divergence_has_the_published_value() -> None:
    assert abs(k3_divergence(flat(NEW), flat(OLD)) - 0.03126005) < 1e-8


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1, 1), st.integers(1, 5)), min_size=2, max_size=6),
    st.sampled_from(["token_weighted", "mean"]),
    st.booleans(),
    st.sampled_from(["tokens", "sequences", "fixed"]),
    st.integers(0, 1000),
)
def test_advantage_and_loss_equal_plain_loops(
    group: list[tuple[float, int]], baseline: Baseline, std: bool, normaliser: Normaliser, seed: int
) -> None:
    rewards, lengths = [reward for reward, _ in group], [length for _, length in group]
    if baseline == "mean":
        base = sum(rewards) / len(rewards)
    else:
        base = sum(reward for reward, length in group for _ in range(length)) / sum(lengths)
    scale = statistics.stdev(rewards) + 1e-4 if std else 1.0
    advantage = advantages(rewards, lengths, baseline=baseline, divide_by_std=std)
    expected = [(reward - base) / scale for reward in rewards]
    assert all(abs(one - other) <= EXACT / min(1.0, scale) for one, other in zip(advantage, expected, strict=True))
    generator = torch.Generator().manual_seed(seed)
    old = -torch.rand(sum(lengths), generator=generator, dtype=torch.float64)
    new = -torch.rand(sum(lengths), generator=generator, dtype=torch.float64)
    split = [part.tolist() for part in new.split(lengths)], [part.tolist() for part in old.split(lengths)]
    total, _ = loss_of(new, old, advantage, lengths, normaliser)
    loop = loss_by_loop(*split, advantage, normaliser)
    assert abs(float(total) - loop) <= EXACT * max(1.0, abs(loop))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1.5, 1.5), st.floats(-2, 0), st.floats(-1, 1)), min_size=1, max_size=12),
    st.floats(0.05, 0.5),
    st.floats(0.05, 0.5),
)
def test_the_gradient_and_the_divergence_equal_plain_loops(
    tokens: list[tuple[float, float, float]], clip_low: float, clip_high: float
) -> None:
    gains, olds, moves = (list(column) for column in zip(*tokens, strict=True))
    old = torch.tensor(olds, dtype=torch.float64)
    new = (old + torch.tensor(moves, dtype=torch.float64)).requires_grad_()
    weight = torch.full_like(old, 1 / len(tokens))
    gain = torch.tensor(gains, dtype=torch.float64)
    loss = policy_loss(new, old, gain, weight, clip_low=clip_low, clip_high=clip_high)
    loss.total.backward()
    assert new.grad is not None
    differences = (new.detach() - old).tolist()
    wanted = []
    for each, difference in zip(gains, differences, strict=True):
        ratio = math.exp(difference)
        cut = (each > 0 and ratio > 1 + clip_high) or (each < 0 and ratio < 1 - clip_low)
        wanted.append(0.0 if cut else -ratio * each / len(tokens))
    assert new.grad.tolist() == pytest.approx(wanted, abs=EXACT)
    assert loss.clipped == sum(one == 0.0 and each != 0.0 for one, each in zip(wanted, gains, strict=True))
    divergence = sum(math.exp(-one) - 1 + one for one in differences) / len(tokens)
    assert abs(k3_divergence(new.detach(), old) - divergence) <= EXACT


def test_equal_rewards_have_no_advantage() -> None:
    assert advantages([0.8] * 4, [1, 2, 3, 4]) == pytest.approx([0.0] * 4, abs=EXACT)


def test_a_scale_on_the_rewards_scales_the_advantages_only_without_division() -> None:
    scaled = [0.8 * reward for reward in REWARDS]
    plain = advantages(REWARDS, LENGTHS)
    assert advantages(scaled, LENGTHS) == pytest.approx([0.8 * one for one in plain], abs=EXACT)
    divided = advantages(REWARDS, LENGTHS, divide_by_std=True)
    assert advantages(scaled, LENGTHS, divide_by_std=True) == pytest.approx(divided, abs=1e-4)


def test_the_divergence_is_zero_for_the_same_policy_and_never_negative() -> None:
    old = -torch.rand(50, generator=torch.Generator().manual_seed(0))
    assert k3_divergence(old, old) == 0.0
    assert k3_divergence(old - 0.3, old) > 0 and k3_divergence(old + 0.3, old) > 0


def test_a_group_without_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="without tokens"):
        advantages([1.0, -1.0], [0, 0])
