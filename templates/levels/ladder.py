"""The ladder of folds: which ranges are told as one step, the cheapest to lose first, until the prose fits."""

from collections import Counter
from collections.abc import Iterator, Sequence

from templates.levels.regions import Fold, Regions, is_closed
from tracer.events import Trace

FOLD_TOKENS = 45
"""What a folded range is taken to cost before it is written."""

_FIRST = 2
"""Iterations of a loop, and calls of a function, that a story tells in full."""


def middles(regions: Regions, first: int, last: int) -> Iterator[tuple[int, Fold]]:
    """By height of its loop, the iterations between the `first` ones and the `last` ones of each visit of a loop."""
    for visit in regions.visits:
        if visit.rounds > first + last:
            yield visit.height, visit.fold(first + 1, visit.rounds - last)


def _story_middles(regions: Regions) -> Iterator[tuple[int, Fold]]:
    """As `middles`, and the last iteration that is told is the last that runs at all."""
    for visit in regions.visits:
        if visit.rounds > _FIRST + 2:
            yield visit.height, visit.fold(_FIRST + 1, visit.rounds - 1)


def _repeated_calls(regions: Regions, full: int) -> Iterator[tuple[int, Fold]]:
    """By the height of what they call, the calls of each function after the first `full` ones."""
    seen: Counter[str] = Counter()
    for call in regions.calls:
        seen[call.name] += 1
        if seen[call.name] > full:
            yield call.height + 1, call.fold()


def story(trace: Trace, regions: Regions) -> list[Fold]:
    """The folds of a story: loops' middles and the calls of a function after the second one."""
    wanted = [fold for _, fold in (*_story_middles(regions), *_repeated_calls(regions, _FIRST))]
    return outermost(fold for fold in wanted if is_closed(trace, regions, fold))


def rungs(regions: Regions) -> list[list[Fold]]:
    """All folds from the cheapest to lose to the dearest: rung by rung, inner ones and later ones first.

    First the middles of loops, inner loops before the loops around them; then repeated calls; then all but the
    first and the last iteration; then every iteration that comes back to the header, and every call.
    """
    steps = (
        list(_story_middles(regions)),
        list(_repeated_calls(regions, _FIRST)),
        [*middles(regions, 1, 1), *_repeated_calls(regions, 1)],
        [*middles(regions, 0, 0), *_repeated_calls(regions, 0)],
    )
    return [[fold for _, fold in sorted(step, key=lambda each: (each[0], -each[1].start))] for step in steps]


def outermost(folds: Iterator[Fold] | Sequence[Fold]) -> list[Fold]:
    """The folds that stand in no other one, in order; of two that overlap the later one goes."""
    kept: list[Fold] = []
    for fold in sorted(folds, key=lambda fold: (fold.start, -fold.end)):
        if not kept or fold.start > kept[-1].end:
            kept.append(fold)
    return kept


def fit(trace: Trace, regions: Regions, costs: Sequence[int], budget: int) -> list[Fold]:
    """The fewest folds, cheapest first, that bring the steps within a budget of tokens, or all there are.

    Args:
        costs: the tokens of each event's step.
    """
    left = list(costs)
    total = sum(left)
    chosen: list[Fold] = []
    for rung in rungs(regions):
        for fold in rung:
            if total <= budget:
                return outermost(chosen)
            inside = sum(left[fold.start : fold.end + 1])
            if inside <= FOLD_TOKENS or not is_closed(trace, regions, fold):
                continue
            left[fold.start : fold.end + 1] = [FOLD_TOKENS] + [0] * (fold.end - fold.start)
            total -= inside - FOLD_TOKENS
            chosen.append(fold)
    return outermost(chosen)
