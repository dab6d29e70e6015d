"""The clipped policy-gradient loss, and how much each token of an episode counts in it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

Normaliser = Literal["tokens", "sequences", "fixed"]


class PolicyLoss(NamedTuple):
    """The loss of N tokens.

    Attributes:
        total: the weighted sum, differentiable.
        clipped: how many tokens' gradients the clip cut off.
    """

    total: Tensor
    clipped: int


def policy_loss(
    new: Tensor, old: Tensor, advantage: Tensor, weight: Tensor, *, clip_low: float, clip_high: float
) -> PolicyLoss:
    """-sum(weight * min(ratio * advantage, clip(ratio, 1 - clip_low, 1 + clip_high) * advantage)).

    Args:
        new: log-probabilities [N] under the policy that trains.
        old: log-probabilities [N] under the policy that drew the tokens; ratio = exp(new - old).
        advantage: [N], each token's episode's.
        weight: [N], from `token_weights`.
    """
    ratio = torch.exp(new - old)
    plain = ratio * advantage
    cut = ratio.clamp(1 - clip_low, 1 + clip_high) * advantage
    return PolicyLoss(-(weight * torch.minimum(plain, cut)).sum(), int((cut < plain).sum()))


def token_weights(lengths: Sequence[int], normaliser: Normaliser, longest: int) -> list[float]:
    """What one token of each of N episodes counts, so that the sum over tokens is the loss.

    Args:
        lengths: tokens the model said in each episode of the batch, T_i.
        normaliser: `tokens`: 1 / sum(T), every token alike; `sequences`: 1 / (N T_i), every episode alike;
            `fixed`: 1 / (N longest), whatever was said.
        longest: the constant length of `fixed`.
    """
    count = len(lengths)
    if normaliser == "tokens":
        return [1 / max(1, sum(lengths))] * count
    if normaliser == "sequences":
        return [1 / (count * max(1, length)) for length in lengths]
    return [1 / (count * longest)] * count
