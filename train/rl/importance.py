"""How far the policy that trains is from the one that spoke."""

import torch
from torch import Tensor


def k3_divergence(new: Tensor, old: Tensor) -> float:
    """The divergence of two policies in nats a token, from their log-probabilities [N] of the same tokens.

    The mean of exp(-d) - 1 + d with d = new - old: never negative, 0 where they agree, d^2 / 2 for small d (the k3
    estimate of KL(new || old), whose weight for tokens that `old` drew is left out). 0 for no tokens.
    """
    if new.numel() == 0:
        return 0.0
    difference = (new - old).detach().double()
    return float((torch.expm1(-difference) + difference).mean())
