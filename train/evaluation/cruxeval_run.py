"""Evaluates a model, or published generations, on CRUXEval."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sandbox import Sandbox
from templates.prompts import explanation_prompt, prediction_prompt
from train.environments.situation import Ask, Ending, Reply, Situation
from train.evaluation.cruxeval import Problem, Side, generation_of, score
from train.evaluation.estimators import pass_at_k
from train.evaluation.output_prediction import Wording
from train.evaluation.player import Player
from train.evaluation.prompts import find_input_prompt
from train.evaluation.result import Result, Score, scores_by_k, transcripts_of


@dataclass(frozen=True)
class _Question:
    """One question whose reply is scored later, by the benchmark's own rules."""

    side: Side
    wording: Wording

    def start(self, task: Problem) -> Situation[Problem]:
        """The prompt of the side that is asked about."""
        if self.side == "input":
            prompt = find_input_prompt(task.code, task.output)
        elif self.wording == "explain":
            prompt = explanation_prompt("function", task.code, task.call, "")
        else:
            prompt = prediction_prompt("function", task.code, task.call, "")
        return Situation(task, (Ask("predict", prompt),))

    def step(self, situation: Situation[Problem], replies: Sequence[Reply]) -> Situation[Problem]:
        """The end, without a reward."""
        return Situation(situation.memory, ending=Ending(0.0, "wrong" if replies[0].finished else "cut"))


def evaluate_cruxeval(
    player: Player, sandbox: Sandbox, problems: Sequence[Problem], side: Side, samples: int, *, wording: Wording
) -> Result:
    """pass@k of a model's replies, as CRUXEval's scorer gives it."""
    played = player.play(_Question(side, wording), problems, samples, f"cruxeval-{side[0]}")
    generations = {
        problem.id: [generation_of(problem, episode.contexts[0].text, side) for episode in theirs]
        for problem, theirs in zip(problems, played, strict=True)
    }
    result = score_generations(sandbox, problems, generations, side, seed=player.seed)
    shown = transcripts_of((problem.id for problem in problems), played)
    cut = sum(not episode.contexts[0].sample.finished for theirs in played for episode in theirs)
    return Result(result.task, result.samples, result.scores, {**result.counts, "cut": cut}, result.problems, shown)


def score_generations(
    sandbox: Sandbox,
    problems: Sequence[Problem],
    generations: Mapping[str, Sequence[str]],
    side: Side,
    *,
    seed: int = 0,
) -> Result:
    """pass@k of generations by problem id. Raises ValueError where problems have different numbers of them."""
    sizes = {len(generations[problem.id]) for problem in problems}
    if len(sizes) != 1:
        raise ValueError(f"every problem needs the same number of generations, got {sorted(sizes)}")
    (samples,) = sizes
    distinct = [(problem, text) for problem in problems for text in sorted(set(generations[problem.id]))]
    with ThreadPoolExecutor(sandbox.config.slots) as pool:
        verdicts = list(pool.map(lambda one: score(sandbox, one[0], one[1], side), distinct))
    known = {(problem.id, text): right for (problem, text), right in zip(distinct, verdicts, strict=True)}
    rows = [[known[problem.id, text] for text in generations[problem.id]] for problem in problems]
    right = list(map(sum, rows))
    scores: list[Score] = list(
        scores_by_k("pass@k", samples, lambda place, k: pass_at_k(samples, right[place], k), len(rows), seed=seed)
    )
    return Result(
        task=f"cruxeval-{side[0]}",
        samples=samples,
        scores=tuple(scores),
        counts={"problems": len(problems), "right": sum(right)},
        problems=[
            {"id": problem.id, "generations": list(generations[problem.id]), "verdicts": verdicts}
            for problem, verdicts in zip(problems, rows, strict=True)
        ],
    )
