"""Log-probabilities of given tokens under an output layer, without ever holding all logits."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear
from torch.utils.checkpoint import checkpoint


class TokenScores(NamedTuple):
    """What a model says of N given tokens.

    Attributes:
        logprobs: float32 [N], natural logarithm of each token's probability; differentiable.
        entropy: float32 [N], entropy in nats of the distribution each token was drawn from; no gradient.
    """

    logprobs: Tensor
    entropy: Tensor


def token_logprobs(
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    *,
    bias: Tensor | None = None,
    temperature: float = 1.0,
    chunk: int = 1024,
) -> TokenScores:
    """Scores targets [N] under softmax((hidden [N, d] @ weight.T [d, V] + bias) / temperature).

    At most `chunk` rows of logits exist at a time: the backward pass computes them again. The soft-max is taken in
    float32 whatever `hidden` is.
    """
    parts = [
        checkpoint(_score, rows, weight, bias, wanted, temperature, use_reentrant=False)
        for rows, wanted in zip(hidden.split(chunk), targets.split(chunk), strict=True)
    ]
    if not parts:
        return TokenScores(hidden.new_zeros(0, dtype=torch.float32), hidden.new_zeros(0, dtype=torch.float32))
    return TokenScores(torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts]))


def _score(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, temperature: float
) -> tuple[Tensor, Tensor]:
    logits = linear(hidden, weight, bias).float() / temperature
    logprobs = torch.log_softmax(logits, dim=-1)
    with torch.no_grad():
        entropy = -(logprobs.exp() * logprobs.clamp(min=torch.finfo(torch.float32).min)).sum(-1)
    return logprobs.gather(-1, targets.unsqueeze(-1)).squeeze(-1), entropy
