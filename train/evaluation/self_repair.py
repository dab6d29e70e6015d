"""Evaluates self-RLEF: what the turns of simulating and repairing make of a model's first programs."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Literal

from schemas.solve import SolveRow
from train.environments import SelfRlef
from train.environments.grading import Grader
from train.evaluation.estimators import bootstrap, repairs_of
from train.evaluation.player import Player
from train.evaluation.result import Result, Score, endings, transcripts_of
from train.rollouts.episode import Episode


def evaluate_self_rlef(
    player: Player,
    grader: Grader,
    rows: Sequence[SolveRow],
    samples: int,
    *,
    feedback: Literal["simulate", "execute"],
    max_repairs: int,
    threads: int,
) -> Result:
    """pass@1 of the final and of the first programs, and how many were fixed, broken, or kept as they were.

    Args:
        feedback: `simulate` is self-RLEF; `execute` is its oracle.
        max_repairs: programs after the first (paper: 9).
    """
    played = player.play(SelfRlef(grader, feedback, max_repairs), rows, samples, "self-rlef")
    flat = [(place, episode) for place, theirs in enumerate(played) for episode in theirs]

    def first_passes(one: tuple[int, Episode]) -> bool:
        row, solutions = rows[one[0]], one[1].ending.solutions
        return bool(solutions) and grader.passes(row, solutions[0], row.hidden_tests)

    with ThreadPoolExecutor(threads) as pool:
        first = list(pool.map(first_passes, flat))
    final = [episode.ending.passed for _, episode in flat]
    repairs = repairs_of(list(zip(first, final, strict=True)))
    clusters = [rows[place].id for place, _ in flat]

    def score(name: str, values: Sequence[float]) -> Score:
        return Score(name, None, bootstrap(values, clusters, seed=player.seed))

    return Result(
        task="self-rlef",
        samples=samples,
        scores=(
            score("pass@1", [float(one) for one in final]),
            score("pass@1 of first programs", [float(one) for one in first]),
            score("gain", [float(after) - float(before) for before, after in zip(first, final, strict=True)]),
            score("programs an episode", [float(len(episode.ending.solutions)) for _, episode in flat]),
        ),
        counts={
            "problems": len(rows),
            **{name.replace("_", " "): count for name, count in asdict(repairs).items()},
            **endings(episode for _, episode in flat),
        },
        problems=[
            {
                "id": row.id,
                "first": first[place * samples : (place + 1) * samples],
                "final": final[place * samples : (place + 1) * samples],
                "programs": [len(episode.ending.solutions) for episode in played[place]],
            }
            for place, row in enumerate(rows)
        ],
        transcripts=transcripts_of((row.id for row in rows), played),
    )
