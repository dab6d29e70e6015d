"""Evaluates solving: pass@k, the shortest of k, and the best of k by simulated and by real execution."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from schemas.output_prediction import OutputPredictionRow
from schemas.solve import SolveRow
from train.environments import OutputPrediction, Solve
from train.environments.grading import Grader
from train.environments.self_rlef import simulation_prompt
from train.evaluation.estimators import (
    Candidates,
    best_at_k_exec,
    best_at_k_simulate,
    pass_at_k,
    prediction_key,
    short1_at_k,
    simulation_gap,
)
from train.evaluation.player import Player
from train.evaluation.result import Result, Score, endings, scores_by_k, transcripts_of
from train.rollouts.episode import Episode

_NO_PROGRAM = -1.0
"""Ranks a reply without a program below any program."""


def _lengths(episodes: Sequence[Episode]) -> list[int]:
    return [episode.tokens if episode.contexts[0].sample.finished else 0 for episode in episodes]


def evaluate_solve(player: Player, grader: Grader, rows: Sequence[SolveRow], samples: int) -> Result:
    """pass@k and short1@k over `samples` programs a problem."""
    episodes = player.play(Solve(grader), rows, samples, "solve")
    passed = [[episode.ending.passed for episode in theirs] for theirs in episodes]
    lengths = [_lengths(theirs) for theirs in episodes]

    def short1(place: int, k: int) -> float:
        return short1_at_k([float(one) for one in passed[place]], lengths[place], k)

    return Result(
        task="solve",
        samples=samples,
        scores=(
            *scores_by_k(
                "pass@k",
                samples,
                lambda place, k: pass_at_k(samples, sum(passed[place]), k),
                len(rows),
                seed=player.seed,
            ),
            *scores_by_k("short1@k", samples, short1, len(rows), seed=player.seed),
        ),
        counts={"problems": len(rows), **endings(episode for theirs in episodes for episode in theirs)},
        problems=[
            {"id": row.id, "right": sum(each), "lengths": tokens}
            for row, each, tokens in zip(rows, passed, lengths, strict=True)
        ],
        transcripts=transcripts_of((row.id for row in rows), episodes),
    )


def evaluate_best_at_k(
    player: Player, grader: Grader, rows: Sequence[SolveRow], *, samples: int, predictions: int, threads: int
) -> Result:
    """best@k by simulation and by execution, and the gap (paper: 20 programs a problem, 5 predictions a test)."""
    episodes = player.play(Solve(grader), rows, samples, "solve")
    programs = [
        (place, copy, episode.ending.solutions[-1])
        for place, theirs in enumerate(episodes)
        for copy, episode in enumerate(theirs)
        if episode.ending.solutions
    ]
    with ThreadPoolExecutor(threads) as pool:
        results = pool.map(lambda one: grader.run(rows[one[0]], one[2], rows[one[0]].public_tests), programs)
        executed = {
            (place, copy): float(sum(result.passed for result in each))
            for (place, copy, _), each in zip(programs, results, strict=True)
        }
    questions = [
        (place, copy, _simulation(rows[place], code, test))
        for place, copy, code in programs
        for test in range(len(rows[place].public_tests))
    ]
    played = player.play(OutputPrediction(), [row for _, _, row in questions], predictions, "simulate")
    matches: dict[tuple[int, int], list[list[bool]]] = {}
    for (place, copy, _), theirs in zip(questions, played, strict=True):
        matches.setdefault((place, copy), []).append([episode.ending.passed for episode in theirs])
    candidates = [
        Candidates(
            passed=tuple(episode.ending.passed for episode in theirs),
            executed=tuple(executed.get((place, copy), _NO_PROGRAM) for copy in range(samples)),
            simulated=tuple(
                prediction_key(matches[place, copy]) if (place, copy) in matches else _NO_PROGRAM
                for copy in range(samples)
            ),
            lengths=tuple(_lengths(theirs)),
        )
        for place, theirs in enumerate(episodes)
    ]

    def scores_of(name: str, of: Callable[[Candidates, int], float]) -> Iterable[Score]:
        return scores_by_k(name, samples, lambda place, k: of(candidates[place], k), len(rows), seed=player.seed)

    named: dict[str, Callable[[Candidates, int], float]] = {
        "best@k simulate": best_at_k_simulate,
        "best@k exec": best_at_k_exec,
        "simulation gap@k": simulation_gap,
        "short1@k": lambda one, k: short1_at_k([float(each) for each in one.passed], one.lengths, k),
        "pass@k": lambda one, k: pass_at_k(samples, sum(one.passed), k),
    }
    return Result(
        task="best-at-k",
        samples=samples,
        scores=tuple(score for name, of in named.items() for score in scores_of(name, of)),
        counts={
            "problems": len(rows),
            "programs": len(programs),
            "predictions": len(questions) * predictions,
            "predictions right": sum(sum(test) for each in matches.values() for test in each),
        },
        problems=[
            {"id": row.id, "passed": one.passed, "executed": one.executed, "simulated": one.simulated}
            for row, one in zip(rows, candidates, strict=True)
        ],
        transcripts=transcripts_of((row.id for _, _, row in questions), played),
    )


def _simulation(row: SolveRow, code: str, test: int) -> OutputPredictionRow:
    """What does this program give on this public test, and does it match what is expected?"""
    case = row.public_tests[test]
    return OutputPredictionRow(
        id=f"{row.id} test {test + 1}",
        prompt=simulation_prompt(row.kind, code, case.input),
        kind=row.kind,
        code=code,
        input=case.input,
        expected_output=case.expected,
        verdict="ok",
        judgement="unjudged",
        problem_id=row.id,
        solution_id="",
        source=row.source,
        license=row.license,
    )
