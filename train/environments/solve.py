"""Solve: the model writes a program for a statement; the hidden tests decide, in the sandbox."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.solve import SolveRow
from train.environments.answers import final_program
from train.environments.grading import Grader
from train.environments.situation import Ask, Ending, Reply, Situation


@dataclass(frozen=True)
class Solve:
    """One turn: the statement with its public tests; the reward is +1 if the program passes all hidden tests, else -1.

    Attributes:
        grader: runs the model's program.
    """

    grader: Grader

    def start(self, task: SolveRow) -> Situation[SolveRow]:
        """The one question. Raises ValueError for a problem without hidden tests or with a checker of its own."""
        require_judge(task)
        return Situation(task, (Ask("solve", task.prompt),))

    def step(self, situation: Situation[SolveRow], replies: Sequence[Reply]) -> Situation[SolveRow]:
        """The ending."""
        row, (reply,) = situation.memory, replies
        code = final_program(reply.text) if reply.finished else None
        if code is None:
            return Situation(row, ending=Ending(-1.0, "unreadable" if reply.finished else "cut"))
        return Situation(row, ending=graded(self.grader, row, (code,)))


def require_judge(row: SolveRow) -> None:
    """Raises ValueError for a problem whose answers cannot be judged by hidden tests."""
    if not row.hidden_tests:
        raise ValueError(f"problem {row.id} has no hidden tests: a reward on tests that the prompt shows can be copied")
    if row.checker != "tokens":
        raise ValueError(
            f"problem {row.id} has a {row.checker} checker: a right answer may differ from the expected one"
        )


def graded(grader: Grader, row: SolveRow, solutions: tuple[str, ...]) -> Ending:
    """The ending that the last solution's hidden tests give."""
    if grader.passes(row, solutions[-1], row.hidden_tests):
        return Ending(1.0, "right", solutions)
    return Ending(-1.0, "wrong", solutions)
