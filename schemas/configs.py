"""The configs of a corpus, each with its row type; a corpus on disk is nothing else."""

from typing import Any

from schemas.nlex import ExampleRow
from schemas.output_prediction import OutputPredictionRow
from schemas.question import QUESTION_CONFIGS, QuestionRow
from schemas.reject import RejectRow
from schemas.solve import SolveRow
from schemas.trace_row import TraceRow

CONFIGS: dict[str, type[Any]] = {
    "nlex": ExampleRow,
    "output_prediction": OutputPredictionRow,
    "solve": SolveRow,
    **dict.fromkeys(QUESTION_CONFIGS, QuestionRow),
    "traces": TraceRow,
    "rejects": RejectRow,
}
SPLITS = ("train", "validation", "test")
