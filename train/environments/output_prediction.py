"""Output prediction: the model says what a program prints or a call gives; nothing is run."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.judge import judge_stdout, judge_value
from schemas.output_prediction import OutputPredictionRow
from train.environments.answers import predicted_output, predicted_value
from train.environments.situation import Ask, Ending, Reply, Situation


@dataclass(frozen=True)
class OutputPrediction:
    """One turn: program and input; the reward compares the answer in `<output>` tags with the true output.

    Attributes:
        scale: what a right answer earns and a wrong one costs (paper: 0.8 beside solve and self-RLEF).
    """

    scale: float = 1.0

    def start(self, task: OutputPredictionRow) -> Situation[OutputPredictionRow]:
        """The one question."""
        return Situation(task, (Ask("predict", task.prompt),))

    def step(
        self, situation: Situation[OutputPredictionRow], replies: Sequence[Reply]
    ) -> Situation[OutputPredictionRow]:
        """The ending."""
        row, (reply,) = situation.memory, replies
        if not reply.finished:
            return Situation(row, ending=Ending(-self.scale, "cut"))
        matches = prediction_matches(row.kind, row.input, row.expected_output, reply.text)
        if matches is None:
            return Situation(row, ending=Ending(-self.scale, "unreadable"))
        if matches:
            return Situation(row, ending=Ending(self.scale, "right"))
        return Situation(row, ending=Ending(-self.scale, "wrong"))


def prediction_of(kind: str, test_input: str, reply: str) -> str | None:
    """The output that a reply predicts, None where it names none."""
    return predicted_output(reply) if kind == "stdin" else predicted_value(reply, test_input)


def prediction_matches(kind: str, test_input: str, expected: str, reply: str) -> bool | None:
    """Whether a reply predicts the expected output: token by token, floats within 1e-5; None where it names none."""
    predicted = prediction_of(kind, test_input, reply)
    if predicted is None:
        return None
    judge = judge_stdout if kind == "stdin" else judge_value
    return judge(expected, predicted) == "accepted"
