"""Selection: which executions of a problem are run, and the rejects of those that are not."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.identity import trace_id
from pipelines.options import BuildOptions
from pipelines.parts import Entry
from pipelines.sources.located import Located
from pipelines.splits import is_evaluation, problem_split
from pipelines.told import Untold
from schemas.job import Limits
from schemas.reject import RejectRow
from schemas.solution import Solution, TestCase

INPUT_SHOWN = 1_000


def example_id(execution_id: str, style: str) -> str:
    """The name of an execution's example in a style; in the style `steps` it is the execution's own."""
    return execution_id if style == "steps" else f"{execution_id}:{style}"


@dataclass(frozen=True)
class Planned:
    """An execution to run: a public input of a solution, its limits, and the trace's name."""

    row: Located
    index: int
    test: TestCase
    limits: Limits
    trace_id: str

    @property
    def id(self) -> str:
        """The name of the execution's rows in every config."""
        return f"{self.row.solution.id}/{self.index}"

    @property
    def input(self) -> str:
        """The stdin text, or the call."""
        return self.test.stdin if self.test.call is None else self.test.call

    def reject(self, split: str, why: Untold, style: str = "steps") -> Entry:
        """The reject that says why this execution is no example of a style."""
        solution = self.row.solution
        row = RejectRow(
            id=example_id(self.id, style),
            stage=why.stage,
            reason=why.reason,
            message=why.message,
            location=self.row.location,
            input=self.input[:INPUT_SHOWN],
            claim=why.claim,
            problem_id=solution.problem_id,
            solution_id=solution.id,
        )
        return Entry("rejects", split, self.row.file, row)


@dataclass(frozen=True)
class Selection:
    """A problem: its split, its usable rows, the executions to run, and the rejects so far."""

    split: str
    rows: tuple[Located, ...]
    planned: tuple[Planned, ...]
    rejects: tuple[Entry, ...]


def _planned(row: Located, options: BuildOptions) -> list[Planned]:
    solution = row.solution
    limits = options.limits_of(solution)
    return [
        Planned(row, index, test, limits, trace_id(solution.program, test.stdin, test.call, limits))
        for index, test in enumerate(solution.tests)
        if not test.hidden
    ]


def _conflicts(solution: Solution, split: str) -> bool:
    return solution.split not in (None, split) and not is_evaluation(solution.source)


def select_problem(rows: Sequence[Located], options: BuildOptions) -> Selection:
    """Decides on all rows of one problem, given in their order."""
    split = problem_split([row.solution for row in rows])
    usable: list[Located] = []
    kept: list[Planned] = []
    rejects: list[Entry] = []
    for row in rows:
        planned = _planned(row, options)
        if _conflicts(row.solution, split):
            message = (
                f"{row.location}: split {row.solution.split!r}, but problem {row.solution.problem_id!r} is in "
                f"{split!r}; give all rows of a problem one split"
            )
            rejects.extend(each.reject(split, Untold("select", "split_conflict", message)) for each in planned)
            continue
        usable.append(row)
        seen: set[str] = set()
        for each in planned:
            if each.input in seen:
                message = f"{row.location}: the row has this input twice; the first is used"
                rejects.append(each.reject(split, Untold("select", "duplicate_input", message)))
            else:
                kept.append(each)
            seen.add(each.input)
    return Selection(split, tuple(usable), tuple(kept), tuple(rejects))
