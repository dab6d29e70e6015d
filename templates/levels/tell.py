"""Narrates at a level of detail: every step, basic blocks, a story, or the finest that fits a budget of tokens."""

from collections.abc import Callable
from dataclasses import replace

from schemas.narration import Narration
from templates.execution import Execution
from templates.levels.ladder import fit, story
from templates.levels.ranges import told_ranges
from templates.levels.regions import Fold, Regions, blocks, read_regions
from templates.levels.scratchpad import narrate_state
from templates.levels.wording import voice
from templates.narrator import NarrationError, narrate
from templates.program_model import read_program
from templates.prompts import narration_prompt

LEVELS = ("blocks", "story")
"""The styles that are `steps` with ranges of events folded."""

CountTokens = Callable[[str], int]
_TRIES = 6


def narrate_within(
    execution: Execution,
    *,
    style: str = "steps",
    seed: int = 0,
    max_tokens: int | None = None,
    count: CountTokens,
    long_work: bool = False,
) -> Narration:
    """The prose of an execution at the finest level that fits a budget; the same arguments give the same text.

    `blocks` and `story` fold what their style folds in any case. With `max_tokens`, what does not fit in `steps` is
    told in `blocks`, then as a `story` that folds as much as the budget asks for, the cheapest to lose first, and
    at last as a folded `state`; the narration says which it is. A style of one's own is not folded.

    Args:
        max_tokens: what prompt, explanation and answer may take together; None for no limit.
        count: the tokens of a text.
        long_work: work long multiplications and powers digit by digit and factor by factor, but in `state`.

    Raises:
        NarrationError: as `narrate`; `over_budget`: not even the coarsest level fits.
        ValueError: there is no such style.
    """
    whole = _whole(execution, style, seed, long_work)
    if style not in LEVELS and (max_tokens is None or _tokens(whole, count) <= max_tokens):
        return whole
    folding = _Folding(execution, whole, seed, count)
    if style in LEVELS:
        told = folding.told(style)
        if max_tokens is None or _tokens(told, count) <= max_tokens:
            return told
    assert max_tokens is not None
    if style == "steps" and _tokens(told := folding.told("blocks"), count) <= max_tokens:
        return told
    if style == "state":
        found = folding.within(max_tokens)
    elif style in (*LEVELS, "steps"):
        found = folding.within(max_tokens) or _folded_state(execution, seed, max_tokens, count)
    else:
        found = None
    if found is None:
        raise NarrationError("over_budget", f"at no level that it has does it fit {max_tokens} tokens")
    return found


def _folded_state(execution: Execution, seed: int, max_tokens: int, count: CountTokens) -> Narration | None:
    """The scratchpad within a budget, whole where it fits."""
    whole = _whole(execution, "state", seed)
    if _tokens(whole, count) <= max_tokens:
        return whole
    return _Folding(execution, whole, seed, count).within(max_tokens)


def _whole(execution: Execution, style: str, seed: int, long_work: bool = False) -> Narration:
    """Every event in a step of its own."""
    if style != "state":
        return narrate(execution, style="steps" if style in LEVELS else style, seed=seed, long_work=long_work)
    return narrate_state(execution, voice("state", execution, seed), seed)


def _tokens(narration: Narration, count: CountTokens) -> int:
    return count(narration.prompt) + count(f"{narration.explanation}\n{narration.answer}")


class _Folding:
    """One execution told in every step, and what it takes to fold it."""

    def __init__(self, execution: Execution, whole: Narration, seed: int, count: CountTokens) -> None:
        self.execution = execution
        self.whole = whole
        self.seed = seed
        self.count = count
        lines = whole.explanation.split("\n")
        self.head, self.steps, self.foot = lines[:2], lines[2:-2], lines[-2:]
        self.regions: Regions = read_regions(execution.trace, read_program(execution.source))

    def told(self, style: str) -> Narration:
        """The narration of a style that folds always."""
        trace = self.execution.trace
        folds = story(trace, self.regions) if style == "story" else list(blocks(trace, self.regions, []))
        return self._with(folds, style)

    def within(self, budget: int) -> Narration | None:
        """The narration with the fewest folds that fits a budget; None where none does."""
        trace = self.execution.trace
        costs = [self.count(line) + 1 for line in self.steps]
        around = _tokens(replace(self.whole, explanation="\n".join(self.head + self.foot)), self.count)
        aim = budget - around
        for _ in range(_TRIES):
            if aim <= 0:
                break
            folds = fit(trace, self.regions, costs, aim)
            told = self._with(folds, "state" if self.whole.style == "state" else "story")
            size = _tokens(told, self.count)
            if size <= budget:
                return told
            aim -= size - budget + budget // 20
        return None

    def _with(self, folds: list[Fold], style: str) -> Narration:
        ranges = told_ranges(self.execution, folds, voice(style, self.execution, self.seed))
        lines: list[str] = []
        at = 0
        for fold, text in zip(folds, ranges, strict=True):
            lines += self.steps[at : fold.start]
            lines.append(text)
            at = fold.end + 1
        lines += self.steps[at:]
        folded = sum(fold.end - fold.start + 1 for fold in folds)
        return Narration(
            prompt=narration_prompt(self.execution, self.seed, style),
            explanation="\n".join([*self.head, *lines, *self.foot]),
            answer=self.whole.answer,
            style=style,
            steps=len(lines),
            folded=folded,
        )
