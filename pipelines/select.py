"""Selection: which executions of a problem are run, and the rejects of those that are not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines.curation.inputs import chosen_inputs
from pipelines.curation.refuse import problem_refusal
from pipelines.identity import trace_id
from pipelines.options import BuildOptions
from pipelines.parts import Entry
from pipelines.sources.located import Located, Posed
from pipelines.splits import is_evaluation, problem_split
from pipelines.told import Untold
from schemas.job import Limits
from schemas.problem import Problem, problem_of
from schemas.reject import RejectRow
from schemas.solution import Solution, TestCase

INPUT_SHOWN = 1_000


def example_id(execution_id: str, style: str) -> str:
    """The name of an execution's example in a style; in the style `steps` it is the execution's own."""
    return execution_id if style == "steps" else f"{execution_id}:{style}"


@dataclass(frozen=True)
class Planned:
    """An execution to run: an input of a solution, its limits, and the trace's name.

    `index` is the place of the input among the tests, or among those that were `made`.
    """

    row: Located
    index: int
    test: TestCase
    limits: Limits
    trace_id: str
    made: bool = False

    @property
    def id(self) -> str:
        """The name of the execution's rows in every config."""
        return f"{self.row.solution.id}/{'made-' if self.made else ''}{self.index}"

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
    """A problem: its split, its texts with tests, the executions to run, and the rejects so far."""

    split: str
    problems: tuple[Posed, ...]
    planned: tuple[Planned, ...]
    rejects: tuple[Entry, ...]


def _tests_of(solution: Solution, problems: Sequence[Problem]) -> tuple[tuple[TestCase, ...], bool]:
    """The tests that a solution runs on, its own or its problem's, and whether answers can be judged."""
    if solution.tests:
        return solution.tests, solution.checker == "tokens"
    problem = next((each for each in problems if each.tests), None)
    return (problem.tests, problem.checker == "tokens") if problem else ((), True)


def _limited(solution: Solution, problems: Sequence[Problem]) -> Solution:
    """The solution with its problem's limits where it has none of its own, as submissions have none."""
    limits = {
        name: next((limit for each in problems if (limit := getattr(each, name))), None)
        for name in ("time_limit_s", "memory_limit_bytes")
        if getattr(solution, name) is None
    }
    return replace(solution, **{name: limit for name, limit in limits.items() if limit is not None})


def _planned(row: Located, problems: Sequence[Problem], options: BuildOptions) -> list[Planned]:
    solution = row.solution
    limits = options.limits_of(_limited(solution, problems))
    tests, judged = _tests_of(solution, problems)
    return [
        Planned(
            row,
            index,
            test if judged else replace(test, expected=None),
            limits,
            trace_id(solution.program, test.stdin, test.call, limits),
        )
        for index in chosen_inputs(tests, options.curation)
        for test in tests[index : index + 1]
    ]


def _conflicts(solution: Solution, split: str) -> bool:
    return solution.split not in (None, split) and not is_evaluation(solution.source)


def _row_reject(row: Located, split: str, why: Untold) -> Entry:
    """The reject of a row that has no input to name."""
    solution = row.solution
    names = {"problem_id": solution.problem_id, "solution_id": solution.id, "input": "", "claim": why.claim}
    reject = RejectRow(
        id=solution.id, stage=why.stage, reason=why.reason, message=why.message, location=row.location, **names
    )
    return Entry("rejects", split, row.file, reject)


def _against(row: Located, split: str, marked: Mapping[str, tuple[str, str]], contaminated: str) -> Untold | None:
    """Why no input of a row is run, None where they are."""
    solution = row.solution
    if contaminated:
        return Untold("select", "contaminated", f"{row.location}: {contaminated}")
    if solution.id in marked:
        reason, message = marked[solution.id]
        return Untold("select", reason, f"{row.location}: {message}")
    if _conflicts(solution, split):
        message = (
            f"{row.location}: split {solution.split!r}, but problem {solution.problem_id!r} is in "
            f"{split!r}; give all rows of a problem one split"
        )
        return Untold("select", "split_conflict", message)
    return None


def _texts(rows: Sequence[Located], posed: Sequence[Posed], split: str) -> Iterator[Posed]:
    """The problem as its source poses it, and as each of its rows does that has a statement of its own."""
    yield from posed
    for row in rows:
        if row.solution.statement.strip() and not _conflicts(row.solution, split):
            yield Posed(problem_of(row.solution), row.file, row.location)


def select_problem(
    rows: Sequence[Located],
    options: BuildOptions,
    posed: Sequence[Posed] = (),
    marked: Mapping[str, tuple[str, str]] | None = None,
    contaminated: str = "",
) -> Selection:
    """Decides on all rows of one problem, given in their order.

    `marked` has a reason and a sentence for each solution, by its id, that is not wanted;
    `contaminated` says what the problem's statement overlaps with.
    """
    problems = [each.problem for each in posed]
    split = problem_split([*problems, *(row.solution for row in rows)])
    kept: list[Planned] = []
    rejects: list[Entry] = []
    for row in rows:
        planned = _planned(row, problems, options)
        why = _against(row, split, marked or {}, contaminated)
        if why is None and not planned:
            why = Untold("select", "no_tests", f"{row.location}: the program has no input to run it on")
        if why is not None:
            rejects += [each.reject(split, why) for each in planned] or [_row_reject(row, split, why)]
            continue
        seen: set[str] = set()
        for each in planned:
            if each.input in seen:
                message = f"{row.location}: the row has this input twice; the first is used"
                rejects.append(each.reject(split, Untold("select", "duplicate_input", message)))
            else:
                kept.append(each)
            seen.add(each.input)
    wanted = [each for each in _texts(rows, posed, split) if not problem_refusal(each.problem, options.curation)]
    return Selection(split, () if contaminated else tuple(wanted), tuple(kept), tuple(rejects))
