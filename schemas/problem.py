"""What sources read of a problem itself: its statement, its tests, and how an answer is judged."""

from dataclasses import dataclass

from schemas.job import ProgramKind
from schemas.solution import Checker, Solution, TestCase


@dataclass(frozen=True)
class Problem:
    """A problem of a source, with or without solutions.

    Attributes:
        id: the `problem_id` of its solutions.
        statement: the text, empty where the source has none.
        entry: the function to write, None for a script.
        tests: its tests in the source's order; solutions without tests of their own run on these.
        difficulty: the source's own word or number, empty where it has none.
        split: the split the source fixes, None where a hash of the problem decides.
        time_limit_s, memory_limit_bytes: the problem's own limits, None where unknown.
    """

    id: str
    kind: ProgramKind
    statement: str
    entry: str | None
    tests: tuple[TestCase, ...]
    source: str
    license: str
    checker: Checker = "tokens"
    difficulty: str = ""
    tags: tuple[str, ...] = ()
    split: str | None = None
    time_limit_s: float | None = None
    memory_limit_bytes: int | None = None

    @property
    def problem_id(self) -> str:
        """The name that solutions know it by."""
        return self.id


def problem_of(solution: Solution) -> Problem:
    """The problem as a solution that brings its statement and tests along poses it."""
    return Problem(
        id=solution.problem_id,
        kind=solution.program.kind,
        statement=solution.statement,
        entry=solution.entry,
        tests=solution.tests,
        source=solution.source,
        license=solution.license,
        checker=solution.checker,
        difficulty=solution.difficulty,
        tags=solution.tags,
        split=solution.split,
        time_limit_s=solution.time_limit_s,
        memory_limit_bytes=solution.memory_limit_bytes,
    )
