"""Decides on all rows of a build in one order: duplicates, leaks between splits, and how many of a problem are kept."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.curation.candidates import Candidates
from pipelines.curation.options import Curation
from pipelines.curation.similar import SimilarRows
from schemas.configs import SPLITS

TEST = SPLITS.index("test")


@dataclass(frozen=True)
class Mark:
    """Why a row is not run: a reason code and a sentence; a counted one is left out without a reject."""

    row: int
    reason: str
    message: str
    counted: bool = False


def _splits(candidates: Candidates, posed: Mapping[int, int]) -> dict[int, int]:
    """The number of each problem's split, as `pipelines.splits.problem_split` decides it."""
    rows = candidates.rows
    splits = dict(posed)
    evaluated: set[int] = set()
    columns = (rows[name].tolist() for name in ("problem", "evaluation", "named_split", "hashed_split"))
    for problem, evaluation, named, hashed in zip(*columns, strict=True):
        splits.setdefault(problem, named if named >= 0 else hashed)
        if evaluation:
            evaluated.add(problem)
    return splits | dict.fromkeys(evaluated, TEST)


def _repeated(digests: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    """Which rows share their digest with another."""
    _, number, size = np.unique(digests, return_inverse=True, return_counts=True)
    return np.asarray(size[number.ravel()] > 1)


class _Decision:
    """The rows that were kept so far."""

    def __init__(self, candidates: Candidates, curation: Curation, posed: Mapping[int, int]) -> None:
        self.candidates = candidates
        self.curation = curation
        rows = candidates.rows
        splits = _splits(candidates, posed)
        self.digest, self.group, self.correct, self.problem, self.evaluation = (
            np.ascontiguousarray(rows[name]) for name in ("digest", "group", "correct", "problem", "evaluation")
        )
        self.split = np.fromiter((splits[problem] for problem in self.problem.tolist()), dtype=np.int8, count=len(rows))
        self.similar = SimilarRows(rows["signature"], rows["near"] & ~rows["refused"])
        self.twinned = _repeated(self.digest)
        self.exact: dict[bytes, list[int]] = {}
        self.kept: Counter[int] = Counter()

    def _twin(self, row: int) -> tuple[str, int, str] | None:
        """The kept row that stands in the way of this one: the reason, its number, and what they share."""
        exact = self.exact.get(bytes(self.digest[row]), ())
        for other in exact:
            if self.split[other] != self.split[row]:
                return "split_leak", other, "the same program"
        if exact and self.curation.dedup != "none":
            return "duplicate", exact[0], "the same program"
        for other, share in self.similar.similar(row):
            shared = f"nearly the same program (similarity {share:.2f})"
            if self.split[other] != self.split[row]:
                return "split_leak", other, shared
            if self.curation.dedup == "near" and not self._contrast(row, other):
                return "near_duplicate", other, shared
        return None

    def _contrast(self, row: int, other: int) -> bool:
        """A right and a wrong solution of one problem may well be alike."""
        return bool(self.problem[row] == self.problem[other] and self.correct[row] != self.correct[other])

    def mark(self, row: int) -> Mark | None:
        """Why a row is left out; None for one that is kept, which later ones are compared with."""
        twin = None if self.evaluation[row] else self._twin(row)
        if twin is not None:
            reason, other, shared = twin
            where = f", which is in the split {SPLITS[self.split[other]]!r}" if reason == "split_leak" else ""
            message = f"{shared} as {self.candidates.name(other)}{where}; names and formatting do not count"
            return Mark(row, reason, message)
        group, most = int(self.group[row]), self.curation.max_solutions
        if most is not None and self.kept[group] >= most:
            return Mark(row, "max_solutions", f"the problem has {most} such solutions already", counted=True)
        self.kept[group] += 1
        if self.twinned[row]:
            self.exact.setdefault(bytes(self.digest[row]), []).append(row)
        self.similar.add(row)
        return None


def decide(
    candidates: Candidates,
    curation: Curation,
    known: frozenset[bytes] = frozenset(),
    contaminated: frozenset[int] = frozenset(),
    posed: Mapping[int, int] | None = None,
) -> Iterator[Mark]:
    """The rows that are left out, and why.

    Rows of evaluation sets come first and are all kept, then those in `known` (identities of rows
    that an earlier build kept), then the rest in the order of the sources: the first of some
    duplicates is kept. So data that comes later never takes a row out. Rows of `contaminated`
    problems (hashes of their names) are rejects already, as refused ones are, and stand in no one's way.
    `posed` has the splits of problems that their source poses apart from solutions.
    """
    rows = candidates.rows
    if not len(rows):
        return
    known_rows = np.array([identity in known for identity in rows["identity"].tolist()], dtype=bool)
    order = np.lexsort((np.arange(len(rows)), ~known_rows, ~rows["evaluation"]))
    decision = _Decision(candidates, curation, posed or {})
    refused = rows["refused"].tolist()
    for row in order.tolist():
        if not refused[row] and int(rows["problem"][row]) not in contaminated:
            found = decision.mark(row)
            if found is not None:
                yield found
