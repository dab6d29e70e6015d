"""How far the policy that trains is from the one that spoke."""

import torch
from torch import Tensor


def k3_divergence(new: Tensor, old: Tensor) -> float:
    """An unbiased estimate of KL(old || new) in nats a token, from log-probabilities [N] of tokens that `old` drew.

    The mean of exp(d) - 1 - d with d = new - old, which is never negative (Schulman's k3). 0 for no tokens.
    """
    if new.numel() == 0:
        return 0.0
    difference = (new - old).detach().double()
    return float((torch.expm1(difference) - difference).mean())
