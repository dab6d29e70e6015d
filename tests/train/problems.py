"""Small problems and programs that the tests of environments, rollouts, RL and evaluation share."""

from collections.abc import Sequence

from schemas.output_prediction import OutputPredictionRow
from schemas.solve import SolveRow, TestRow
from templates.prompts import prediction_prompt, solve_prompt
from train.environments.grading import TestResult

DOUBLE = "print(int(input()) * 2)\n"
ADD_TWO = "print(int(input()) + 2)\n"


def fenced(code: str) -> str:
    """A reply that writes this program."""
    return f"Here it is.\n\n```python\n{code}```\n"


SUBMISSION = "All tests match.\n\n```\n#SUBMIT\n```\n"


def doubling(problem_id: str = "double") -> SolveRow:
    """Print twice the number: `ADD_TWO` passes its first public test only."""
    public = (TestRow("2\n", "4\n"), TestRow("5\n", "10\n"))
    return SolveRow(
        id=problem_id,
        prompt=solve_prompt("Print twice the number.", public),
        kind="stdin",
        statement="Print twice the number.",
        entry=None,
        public_tests=public,
        hidden_tests=(TestRow("7\n", "14\n"), TestRow("-3\n", "-6\n")),
        time_limit_s=2.0,
        memory_limit_bytes=256 << 20,
        checker="tokens",
        difficulty="",
        tags=(),
        source="tests",
        license="Apache-2.0",
    )


def printing(code: str = "print(6 * 7)\n", expected: str = "42\n", row_id: str = "print") -> OutputPredictionRow:
    """Predict what a program without input prints."""
    return _prediction("stdin", code, "", expected, row_id)


def calling(code: str, call: str, expected: str, row_id: str = "call") -> OutputPredictionRow:
    """Predict the value of a call."""
    return _prediction("function", code, call, expected, row_id)


def _prediction(kind: str, code: str, text: str, expected: str, row_id: str) -> OutputPredictionRow:
    prompt = (
        prediction_prompt("stdin", code, None, text)
        if kind == "stdin"
        else prediction_prompt("function", code, text, "")
    )
    return OutputPredictionRow(
        id=row_id,
        prompt=prompt,
        kind=kind,
        code=code,
        input=text,
        expected_output=expected,
        verdict="ok",
        judgement="accepted",
        problem_id=row_id,
        solution_id=row_id,
        source="tests",
        license="Apache-2.0",
    )


class KnownGrader:
    """Grades the two programs above by their arithmetic, for tests of the turns and not of the sandbox."""

    def run(self, row: SolveRow, code: str, tests: Sequence[TestRow]) -> tuple[TestResult, ...]:
        """What `DOUBLE` or `ADD_TWO` prints; anything else fails."""
        rules = {DOUBLE: lambda number: 2 * number, ADD_TWO: lambda number: number + 2}
        if code not in rules:
            return tuple(TestResult("runtime_error", "", False) for _ in tests)
        outputs = [f"{rules[code](int(test.input))}\n" for test in tests]
        return tuple(
            TestResult("ok", output, output == test.expected) for output, test in zip(outputs, tests, strict=True)
        )

    def passes(self, row: SolveRow, code: str, tests: Sequence[TestRow]) -> bool:
        """Whether all tests pass."""
        return all(result.passed for result in self.run(row, code, tests))
