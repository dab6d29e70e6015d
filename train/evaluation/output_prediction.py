"""Evaluates output prediction: how often the predicted output of a program is its true one."""

import dataclasses
from collections.abc import Sequence
from typing import Literal

from schemas.job import ProgramKind
from schemas.output_prediction import OutputPredictionRow
from templates.prompts import explanation_prompt
from train.environments import OutputPrediction
from train.evaluation.estimators import pass_at_k
from train.evaluation.player import Player
from train.evaluation.result import Result, endings, scores_by_k, transcripts_of

Wording = Literal["predict", "explain"]


def worded(row: OutputPredictionRow, wording: Wording) -> OutputPredictionRow:
    """The row, asked for an answer as in reinforcement learning, or for an explanation as in the narrations."""
    if wording == "predict":
        return row
    kind: ProgramKind = "stdin" if row.kind == "stdin" else "function"
    call, stdin = (None, row.input) if kind == "stdin" else (row.input, "")
    return dataclasses.replace(row, prompt=explanation_prompt(kind, row.code, call, stdin))


def evaluate_output_prediction(
    player: Player, rows: Sequence[OutputPredictionRow], samples: int, wording: Wording = "predict"
) -> Result:
    """pass@k over `samples` replies a row; the rows of one problem move together in the intervals."""
    asked = [worded(row, wording) for row in rows]
    episodes = player.play(OutputPrediction(), asked, samples, "predict")
    right = [sum(episode.ending.passed for episode in theirs) for theirs in episodes]
    scores = scores_by_k(
        "pass@k",
        samples,
        lambda place, k: pass_at_k(samples, right[place], k),
        len(rows),
        clusters=[row.problem_id for row in rows],
        seed=player.seed,
    )
    return Result(
        task="output-prediction",
        samples=samples,
        scores=tuple(scores),
        counts={"rows": len(rows), **endings(episode for theirs in episodes for episode in theirs)},
        problems=[{"id": row.id, "right": count} for row, count in zip(rows, right, strict=True)],
        transcripts=transcripts_of((row.id for row in rows), episodes),
    )
