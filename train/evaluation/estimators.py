"""The formulas of evaluation, in plain numbers: pass@k, rank scores, best@k, short1@k, bootstrap intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that one of k samples, drawn without replacement from n of which c are right, is right.

    1 - C(n-c, k) / C(n, k) (Chen et al. 2021, arXiv 2107.03374).

    Raises:
        ValueError: not 0 <= c <= n and 1 <= k <= n.
    """
    if not 0 <= c <= n:
        raise ValueError(f"right samples are 0 to {n}, got {c}")
    _check_k(n, k)
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


def rank_score_at_k(values: Sequence[float], keys: Sequence[float], k: int) -> float:
    """The expected value of the best-ranked of k samples drawn without replacement, ties broken uniformly.

    With values v sorted by falling key: sum over i of C(n-i, k-1) v_i / C(n, k) (Hassid et al. 2024,
    arXiv 2404.00725). A uniform choice among equal keys is the same as giving each the mean of its tie group.

    Args:
        values: what each sample is worth, say 1.0 if it passes the hidden tests.
        keys: what the samples are ranked by, highest first.

    Raises:
        ValueError: lengths differ, or not 1 <= k <= n.
    """
    if len(values) != len(keys):
        raise ValueError(f"{len(values)} values with {len(keys)} keys")
    n = len(values)
    _check_k(n, k)
    groups: dict[float, list[float]] = {}
    for value, key in zip(values, keys, strict=True):
        groups.setdefault(key, []).append(value)
    total, place, terms = math.comb(n, k), 0, []
    for key in sorted(groups, reverse=True):
        group = groups[key]
        weight = sum(math.comb(n - rank, k - 1) for rank in range(place + 1, place + len(group) + 1))
        terms.append(weight / total * (math.fsum(group) / len(group)))
        place += len(group)
    return math.fsum(terms)


def _check_k(n: int, k: int) -> None:
    if not 1 <= k <= n:
        raise ValueError(f"k is 1 to the {n} samples there are, got {k}")


def short1_at_k(values: Sequence[float], lengths: Sequence[int], k: int) -> float:
    """The expected value of the shortest of k replies (Hassid et al. 2025, arXiv 2505.17813).

    Args:
        lengths: tokens of each reply; 0 or less for one that did not finish, which ranks last.
    """
    return rank_score_at_k(values, [-float(length) if length > 0 else -math.inf for length in lengths], k)


def prediction_key(matches: Sequence[Sequence[bool]]) -> float:
    """The number of public tests that a program passes, as predicted: one row a test, one entry a prediction.

    Several predictions of a test count by their mean, the unbiased choice.
    """
    return math.fsum(sum(test) / len(test) for test in matches)


@dataclass(frozen=True)
class Candidates:
    """The solutions to one problem.

    Attributes:
        passed: for each solution, whether it passes the hidden tests.
        executed: for each, how many public tests it really passes.
        simulated: for each, how many it passes as predicted (`prediction_key`).
        lengths: for each, the tokens of the reply, 0 where it did not finish.
    """

    passed: tuple[bool, ...]
    executed: tuple[float, ...]
    simulated: tuple[float, ...]
    lengths: tuple[int, ...]

    def __post_init__(self) -> None:
        sizes = {len(self.passed), len(self.executed), len(self.simulated), len(self.lengths)}
        if len(sizes) != 1:
            raise ValueError(f"one entry a solution in each column, got {sizes}")


def best_at_k_simulate(candidates: Candidates, k: int) -> float:
    """Of k solutions, submit the one whose predicted outputs match the most public tests."""
    return rank_score_at_k([float(one) for one in candidates.passed], candidates.simulated, k)


def best_at_k_exec(candidates: Candidates, k: int) -> float:
    """The same choice by real execution: the oracle."""
    return rank_score_at_k([float(one) for one in candidates.passed], candidates.executed, k)


def simulation_gap(candidates: Candidates, k: int) -> float:
    """What choosing by simulation in place of execution costs: best@k exec less best@k simulate."""
    return best_at_k_exec(candidates, k) - best_at_k_simulate(candidates, k)


@dataclass(frozen=True)
class Repairs:
    """Self-RLEF episodes by whether the first and the final program pass the hidden tests."""

    fixed: int
    broken: int
    kept_right: int
    kept_wrong: int


def repairs_of(pairs: Sequence[tuple[bool, bool]]) -> Repairs:
    """Counts (first passes, final passes) pairs."""
    counts = {pair: 0 for pair in [(False, True), (True, False), (True, True), (False, False)]}
    for pair in pairs:
        counts[pair] += 1
    return Repairs(*counts.values())


@dataclass(frozen=True)
class Interval:
    """A mean over problems and the ends of its interval."""

    mean: float
    low: float
    high: float


def bootstrap(
    scores: Sequence[float],
    clusters: Sequence[str] | None = None,
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """The mean of scores with a percentile bootstrap interval, the same for the same seed.

    Args:
        clusters: of each score, what it shares with others that move together, such as the problem of a program's
            rows; whole clusters are drawn. Each score by itself where it is None.

    Raises:
        ValueError: there are no scores.
    """
    if not scores:
        raise ValueError("no scores to average over")
    names = clusters if clusters is not None else range(len(scores))
    _, place = np.unique(np.asarray(names), return_inverse=True)
    sums, counts = np.bincount(place, weights=np.asarray(scores, dtype=np.float64)), np.bincount(place)
    rng = np.random.default_rng(seed)
    rows = max(1, min(resamples, 4_000_000 // len(counts)))
    means: list[float] = []
    while len(means) < resamples:
        drawn = rng.integers(0, len(counts), (rows, len(counts)))
        means.extend((sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)).tolist())
    low, high = np.quantile(means[:resamples], [(1 - level) / 2, (1 + level) / 2])
    return Interval(math.fsum(scores) / len(scores), float(low), float(high))
