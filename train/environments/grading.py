"""Runs a model's program on a problem's tests, in the sandbox and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sandbox import Sandbox, observe
from sandbox.judge import judge_stdout, judge_value
from schemas.job import Limits, Program, ProgramKind
from schemas.outcome import Verdict
from schemas.solve import SolveRow, TestRow

_WALL_FACTOR = 3.0
_WALL_EXTRA_S = 5.0


class GradingFailed(Exception):
    """The sandbox could not run a program for a reason of its own; a reward from it would be noise."""


@dataclass(frozen=True)
class TestResult:
    """One test of one program: the verdict of the run, the output (or the call's value), and whether it was right."""

    verdict: Verdict
    output: str
    passed: bool


class Grader(Protocol):
    """Runs a program on tests. The only way from a model's program to its effects."""

    def run(self, row: SolveRow, code: str, tests: Sequence[TestRow]) -> tuple[TestResult, ...]:
        """Every test's result, in order."""
        ...

    def passes(self, row: SolveRow, code: str, tests: Sequence[TestRow]) -> bool:
        """Whether the program passes all of the tests."""
        ...


class SandboxGrader:
    """Grades in a sandbox. May be called from many threads; as many runs go at a time as the sandbox has slots."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def run(self, row: SolveRow, code: str, tests: Sequence[TestRow]) -> tuple[TestResult, ...]:
        """Every test's result, in order. Raises GradingFailed, SandboxUnavailable."""
        return tuple(self._one(row, code, test) for test in tests)

    def passes(self, row: SolveRow, code: str, tests: Sequence[TestRow]) -> bool:
        """Whether the program passes all of the tests; the first failure ends the grading."""
        return all(self._one(row, code, test).passed for test in tests)

    def _one(self, row: SolveRow, code: str, test: TestRow) -> TestResult:
        kind: ProgramKind = "stdin" if row.kind == "stdin" else "function"
        limits = Limits(
            cpu_s=row.time_limit_s,
            wall_s=_WALL_FACTOR * row.time_limit_s + _WALL_EXTRA_S,
            memory_bytes=row.memory_limit_bytes,
        )
        program = Program(kind, code)
        stdin, call = (test.input, None) if kind == "stdin" else ("", test.input)
        outcome = observe(self._sandbox, program, stdin=stdin, call=call, limits=limits, trace=False).outcome
        if outcome.verdict == "sandbox_error":
            raise GradingFailed(f"problem {row.id}: {outcome.detail}")
        if kind == "stdin":
            output = outcome.stdout.decode("utf-8", "replace")
            right = judge_stdout(test.expected, output) == "accepted"
        else:
            output = outcome.value or ""
            right = judge_value(test.expected, output) == "accepted"
        return TestResult(outcome.verdict, output, right and outcome.verdict == "ok")
