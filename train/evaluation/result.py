"""What an evaluation found: scores with intervals, counts, and each problem's own figures."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from train.evaluation.estimators import Interval, bootstrap
from train.rollouts.episode import Episode
from train.watch.transcripts import Transcript

_SHOWN = 20


@dataclass(frozen=True)
class Score:
    """A named score, at `k` samples where it depends on that."""

    name: str
    k: int | None
    interval: Interval

    @property
    def title(self) -> str:
        """The name as people write it, such as pass@5."""
        return self.name if self.k is None else self.name.replace("@k", f"@{self.k}")


@dataclass(frozen=True)
class Result:
    """One evaluation.

    Attributes:
        task: its name on the command line.
        samples: episodes a problem.
        scores: means over problems, as shares of 1.
        counts: how many of what.
        problems: for each problem, its id and figures.
        transcripts: some of the episodes.
    """

    task: str
    samples: int
    scores: tuple[Score, ...]
    counts: dict[str, int]
    problems: list[dict[str, Any]]
    transcripts: list[Transcript] = field(default_factory=list)


def ks(samples: int) -> list[int]:
    """The numbers of samples that scores are given for: 1, 2, 5, 10, 20 and so on, up to all there are."""
    grid = [step * 10**power for power in range(6) for step in (1, 2, 5)]
    return sorted({*(k for k in grid if k <= samples), samples})


def scores_by_k(
    name: str,
    samples: int,
    of: Callable[[int, int], float],
    problems: int,
    *,
    clusters: Sequence[str] | None = None,
    seed: int = 0,
) -> Iterable[Score]:
    """A score at each of `ks`; `of(problem, k)` is a problem's."""
    for k in ks(samples):
        values = [of(problem, k) for problem in range(problems)]
        yield Score(name, k, bootstrap(values, clusters, seed=seed))


def endings(episodes: Iterable[Episode]) -> dict[str, int]:
    """How many episodes ended for each reason."""
    found = Counter(episode.ending.reason for episode in episodes)
    return {f"ended {reason}": found[reason] for reason in ("right", "wrong", "unreadable", "cut")}


def transcripts_of(titles: Iterable[str], played: Iterable[Sequence[Episode]]) -> list[Transcript]:
    """The first episode of each of the first problems, for people to read."""
    some = islice(zip(titles, played, strict=True), _SHOWN)
    return [
        Transcript(title, theirs[0].turns, {"ended": theirs[0].ending.reason, "tokens": theirs[0].tokens})
        for title, theirs in some
    ]
