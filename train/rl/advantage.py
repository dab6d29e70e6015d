"""How much better an episode did than its group: one number an episode, no value network."""

import math
import statistics
from collections.abc import Sequence
from typing import Literal

Baseline = Literal["token_weighted", "mean"]

_STD_FLOOR = 1e-4


def advantages(
    rewards: Sequence[float],
    lengths: Sequence[int],
    *,
    baseline: Baseline = "token_weighted",
    divide_by_std: bool = False,
) -> list[float]:
    """The advantage of each episode of a group: its reward less the group's baseline.

    Args:
        rewards: one an episode.
        lengths: tokens the model said in each episode, over all its contexts.
        baseline: `token_weighted` is sum(r_i T_i) / sum(T_i), the least-variance baseline where a token's gradients
            are alike (OPO, arXiv 2505.23585); `mean` is that of GRPO.
        divide_by_std: divide by the group's sample deviation plus 1e-4, as GRPO does; then a scale on the rewards
            has no effect.

    Raises:
        ValueError: no episodes, lengths that differ in number, or no tokens at all.
    """
    if not rewards or len(rewards) != len(lengths):
        raise ValueError(f"a group has one reward and one length an episode, got {len(rewards)} and {len(lengths)}")
    if baseline == "mean":
        base = math.fsum(rewards) / len(rewards)
    else:
        if sum(lengths) == 0:
            raise ValueError("a group without tokens has no token-weighted baseline")
        base = math.fsum(reward * length for reward, length in zip(rewards, lengths, strict=True)) / sum(lengths)
    scale = statistics.stdev(rewards) + _STD_FLOOR if divide_by_std else 1.0
    return [(reward - base) / scale for reward in rewards]
