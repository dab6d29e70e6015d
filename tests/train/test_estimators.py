"""The formulas of evaluation against published vectors and against counting every case."""

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.evaluation.estimators import (
    Candidates,
    Repairs,
    best_at_k_exec,
    best_at_k_simulate,
    bootstrap,
    pass_at_k,
    prediction_key,
    rank_score_at_k,
    repairs_of,
    short1_at_k,
    simulation_gap,
)

EXACT = 1e-12


@pytest.mark.parametrize(
    ("n", "c", "k", "expected"),
    [
        (20, 5, 1, 0.25),
        (20, 5, 5, 0.8063080495356036),
        (20, 5, 10, 0.9837461300309598),
        (10, 3, 2, 0.5333333333333333),
        (5, 0, 3, 0.0),
        (5, 4, 2, 1.0),
    ],
)
def test_pass_at_k_has_the_published_values(n: int, c: int, k: int, expected: float) -> None:
    assert abs(pass_at_k(n, c, k) - expected) <= EXACT


def test_rank_score_has_the_published_values() -> None:
    values, falling = [1.0, 0.0, 1.0, 0.0, 0.0], [5.0, 4.0, 3.0, 2.0, 1.0]
    for k, expected in enumerate([0.4, 0.6, 0.7, 0.8, 1.0], start=1):
        assert abs(rank_score_at_k(values, falling, k) - expected) <= EXACT
    keys, values = [3.0, 3.0, 2.0, 2.0, 2.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0]
    for k, expected in [(1, 0.5), (2, 0.5357142857142857), (3, 0.5476190476190477), (5, 0.5178571428571429), (8, 0.5)]:
        assert abs(rank_score_at_k(values, keys, k) - expected) <= EXACT


def test_short1_has_the_published_values() -> None:
    lengths, passed = [120, 80, 300, 0, 95], [1.0, 0.0, 1.0, 1.0, 1.0]
    for k, expected in [(1, 0.8), (2, 0.6), (3, 0.4)]:
        assert abs(short1_at_k(passed, lengths, k) - expected) <= EXACT


def best_of_every_draw(values: list[float], keys: list[float], k: int) -> float:
    """The mean over all draws of k, and over all tied bests of a draw."""
    scores = []
    for draw in itertools.combinations(range(len(values)), k):
        top = max(keys[place] for place in draw)
        tied = [values[place] for place in draw if keys[place] == top]
        scores.append(math.fsum(tied) / len(tied))
    return math.fsum(scores) / len(scores)


SAMPLES = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.integers(0, 3)), min_size=1, max_size=8)


@settings(max_examples=100, deadline=None)
@given(SAMPLES, st.data())
def test_rank_score_equals_the_mean_over_every_draw(samples: list[tuple[float, int]], data: st.DataObject) -> None:
    values, keys = [value for value, _ in samples], [float(key) for _, key in samples]
    k = data.draw(st.integers(1, len(samples)))
    assert abs(rank_score_at_k(values, keys, k) - best_of_every_draw(values, keys, k)) <= EXACT


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 8), st.data())
def test_pass_at_k_equals_the_share_of_draws_with_a_right_sample(n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    draws = list(itertools.combinations([1] * c + [0] * (n - c), k))
    assert abs(pass_at_k(n, c, k) - sum(map(any, draws)) / len(draws)) <= EXACT


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.data())
def test_ranking_by_the_truth_is_pass_at_k_and_ranking_by_nothing_is_the_mean(
    passed: list[bool], data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(passed)))
    values = [float(one) for one in passed]
    assert abs(rank_score_at_k(values, values, k) - pass_at_k(len(passed), sum(passed), k)) <= EXACT
    assert abs(rank_score_at_k(values, [0.0] * len(passed), k) - sum(passed) / len(passed)) <= EXACT


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 400)), min_size=1, max_size=7), st.data())
def test_short1_picks_the_shortest_finished_reply_of_every_draw(
    replies: list[tuple[bool, int]], data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(replies)))
    values = [float(passed) for passed, _ in replies]
    keys = [-float(length or 10_000) for _, length in replies]
    expected = best_of_every_draw(values, keys, k)
    assert abs(short1_at_k(values, [length for _, length in replies], k) - expected) <= EXACT


@pytest.mark.parametrize(("n", "c", "k"), [(5, 6, 1), (5, -1, 1), (5, 2, 0), (5, 2, 6)])
def test_pass_at_k_refuses_what_it_cannot_estimate(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="got"):
        pass_at_k(n, c, k)


def test_the_simulation_gap_is_what_choosing_by_simulation_costs() -> None:
    candidates = Candidates((True, False, True), executed=(2.0, 1.0, 2.0), simulated=(1.0, 2.0, 0.4), lengths=(9, 3, 5))
    assert best_at_k_exec(candidates, 3) == 1.0
    assert best_at_k_simulate(candidates, 3) == 0.0
    assert simulation_gap(candidates, 3) == 1.0
    assert abs(simulation_gap(candidates, 1)) <= EXACT


def test_several_predictions_of_a_test_count_by_their_mean() -> None:
    assert abs(prediction_key([[True, True, False, False, False], [True] * 5]) - 1.4) <= EXACT


def test_repairs_are_counted_by_first_and_final_program() -> None:
    pairs = [(False, True), (False, True), (True, False), (True, True), (False, False), (False, False), (False, False)]
    assert repairs_of(pairs) == Repairs(fixed=2, broken=1, kept_right=1, kept_wrong=3)


def test_a_bootstrap_interval_is_fixed_by_its_seed_and_covers_as_it_says() -> None:
    scores = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0]
    assert bootstrap(scores, seed=3) == bootstrap(scores, seed=3)
    rng, covered = random.Random(0), 0
    for trial in range(200):
        sample = [float(rng.random() < 0.4) for _ in range(100)]
        interval = bootstrap(sample, resamples=400, seed=trial)
        covered += interval.low <= 0.4 <= interval.high
    assert 180 <= covered <= 199


def test_a_bootstrap_of_equal_scores_has_no_width() -> None:
    interval = bootstrap([0.5] * 10)
    assert (interval.low, interval.mean, interval.high) == (0.5, 0.5, 0.5)


def test_scores_that_move_together_widen_the_interval() -> None:
    scores = [float(number % 2) for number in range(20) for _ in range(10)]
    apart, together = bootstrap(scores), bootstrap(scores, [str(place // 10) for place in range(200)])
    assert apart.mean == together.mean == 0.5
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_unequal_clusters_weigh_by_their_scores() -> None:
    assert bootstrap([1.0, 1.0, 1.0, 0.0], ["a", "a", "a", "b"]).mean == 0.75
