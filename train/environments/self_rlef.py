"""Self-RLEF: solve, learn what the program gives on the public tests, then submit it or write another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.judge import judge_stdout, judge_value
from schemas.job import ProgramKind
from schemas.solve import SolveRow
from templates.prompts import prediction_prompt
from train.environments.answers import final_program, is_submission
from train.environments.grading import Grader
from train.environments.output_prediction import prediction_of
from train.environments.prompts import Feedback, revise_prompt
from train.environments.situation import Ask, Ending, Reply, Role, Situation
from train.environments.solve import graded, require_judge


@dataclass(frozen=True)
class Attempt:
    """What an episode remembers: the problem, the programs written so far, and which question is open."""

    row: SolveRow
    turn: Role
    solutions: tuple[str, ...] = ()


@dataclass(frozen=True)
class SelfRlef:
    """Turns of independent prompts: solve; simulate each public test; submit or fix; and again from simulate.

    A simulate prompt is made of the model's program and the test's input alone. The submit-or-fix prompt shows
    for each public test the input, the expected output and the fed-back one. A reply whose last fenced block is
    `#SUBMIT` ends the episode early; the program written after the last repair is graded without another
    question. A reply that holds neither, or that the token limit cut, fails the episode, in training and in
    evaluation alike: nothing is gained by rambling. A simulation that names no output is fed back as such.

    Attributes:
        grader: runs the model's program.
        feedback: `execute` feeds back what the program really gives (training), `simulate` asks the model (inference).
        max_repairs: programs after the first (paper: 1 in training, 9 at evaluation).
    """

    grader: Grader
    feedback: Literal["execute", "simulate"] = "simulate"
    max_repairs: int = 9

    def start(self, task: SolveRow) -> Situation[Attempt]:
        """The first question. Raises ValueError as `Solve` does, and for a problem without public tests."""
        require_judge(task)
        if not task.public_tests:
            raise ValueError(f"problem {task.id} has no public tests: there is nothing to simulate")
        return Situation(Attempt(task, "solve"), (Ask("solve", task.prompt),))

    def step(self, situation: Situation[Attempt], replies: Sequence[Reply]) -> Situation[Attempt]:
        """The next questions, or the ending."""
        attempt = situation.memory
        if attempt.turn == "simulate":
            outputs = [
                prediction_of(attempt.row.kind, test.input, reply.text) if reply.finished else None
                for test, reply in zip(attempt.row.public_tests, replies, strict=True)
            ]
            return self._revise(attempt, outputs)
        (reply,) = replies
        if attempt.turn == "revise" and reply.finished and is_submission(reply.text):
            return Situation(attempt, ending=graded(self.grader, attempt.row, attempt.solutions))
        code = final_program(reply.text) if reply.finished else None
        if code is None:
            ending = Ending(-1.0, "unreadable" if reply.finished else "cut", attempt.solutions)
            return Situation(attempt, ending=ending)
        return self._written(Attempt(attempt.row, attempt.turn, (*attempt.solutions, code)))

    def _written(self, attempt: Attempt) -> Situation[Attempt]:
        """After a new program: its feedback, or its grading where no repair is left."""
        row, code = attempt.row, attempt.solutions[-1]
        if len(attempt.solutions) > self.max_repairs:
            return Situation(attempt, ending=graded(self.grader, row, attempt.solutions))
        if self.feedback == "execute":
            return self._revise(attempt, [result.output for result in self.grader.run(row, code, row.public_tests)])
        asks = tuple(
            Ask("simulate", simulation_prompt(row.kind, code, test.input), place)
            for place, test in enumerate(row.public_tests)
        )
        return Situation(Attempt(row, "simulate", attempt.solutions), asks)

    def _revise(self, attempt: Attempt, outputs: Sequence[str | None]) -> Situation[Attempt]:
        row = attempt.row
        judge = judge_stdout if row.kind == "stdin" else judge_value
        feedback = [
            Feedback(
                test.input, test.expected, output, output is not None and judge(test.expected, output) == "accepted"
            )
            for test, output in zip(row.public_tests, outputs, strict=True)
        ]
        ask = Ask("revise", revise_prompt(row, attempt.solutions[-1], feedback))
        return Situation(Attempt(row, "revise", attempt.solutions), (ask,))


def simulation_prompt(kind: str, code: str, test_input: str) -> str:
    """What does this program give on this input? It is handed no test, so it can show no expected output."""
    program_kind: ProgramKind = "stdin" if kind == "stdin" else "function"
    if program_kind == "stdin":
        return prediction_prompt(program_kind, code, None, test_input)
    return prediction_prompt(program_kind, code, test_input, "")
