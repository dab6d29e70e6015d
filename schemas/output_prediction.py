"""A row of the `output_prediction` config: an RL prompt whose answer is what a program prints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OutputPredictionRow:
    """`output_prediction`: predict what a program prints or returns (paper: the RL environment of that name)."""

    id: str
    prompt: str
    kind: str
    code: str
    input: str
    expected_output: str
    verdict: str
    judgement: str
    problem_id: str
    solution_id: str
    source: str
    license: str
