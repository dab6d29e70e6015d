"""Narrates at a level of detail: every step, basic blocks, a story, or the finest that fits a budget of tokens."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from schemas.narration import Narration
from templates.execution import Execution
from templates.levels.ladder import fit, story
from templates.levels.net import NetTeller
from templates.levels.regions import Fold, Regions, blocks, read_regions
from templates.levels.scratchpad import narrate_state
from templates.narrator import NarrationError, narrate
from templates.program_model import read_program
from templates.prompts import narration_prompt
from templates.sentences import code, environment
from templates.values import value_text
from tracer.events import Change

LEVELS = ("blocks", "story")
"""The styles that are `steps` with ranges of events folded."""

CountTokens = Callable[[str], int]
_TRIES = 6


def narrate_within(
    execution: Execution, *, style: str = "steps", seed: int = 0, max_tokens: int | None = None, count: CountTokens
) -> Narration:
    """The prose of an execution at the finest level that fits a budget; the same arguments give the same text.

    `blocks` and `story` fold what their style folds in any case. With `max_tokens` as much more is folded as the
    budget asks for, the cheapest to lose first; a narration that had to be folded so is of the style `story`.

    Args:
        max_tokens: what prompt, explanation and answer may take together; None for no limit.
        count: the tokens of a text.

    Raises:
        NarrationError: as `narrate`; `over_budget`: not even the coarsest level fits.
        ValueError: there is no such style.
    """
    whole = _whole(execution, style, seed)
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
    return folding.within(max_tokens)


def _whole(execution: Execution, style: str, seed: int) -> Narration:
    """Every event in a step of its own."""
    if style != "state":
        return narrate(execution, style="steps" if style in LEVELS else style, seed=seed)
    return narrate_state(execution, _macros("state"), seed)


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

    def within(self, budget: int) -> Narration:
        """The narration with the fewest folds that fits a budget."""
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
        raise NarrationError("over_budget", f"told as briefly as can be it takes more than {budget} tokens")

    def _with(self, folds: list[Fold], style: str) -> Narration:
        ranges = _told_ranges(self.execution, folds, _macros("state" if style == "state" else "story"))
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


@lru_cache(maxsize=2)
def _macros(style: str) -> Any:
    return environment().get_template("state/scratchpad.jinja" if style == "state" else "story/ranges.jinja").module


def _told_ranges(execution: Execution, folds: list[Fold], write: Any) -> list[str]:
    """The step of each range, in order."""
    events = execution.trace.events
    teller = NetTeller(write, execution.stdin)
    state = teller.state
    depths = {0: 0}
    told: list[str] = []
    waiting = iter(folds)
    fold = next(waiting, None)
    teller.pass_over(events[0].changes if events else ())
    number = 0
    while number < len(events) and fold is not None:
        event = events[number]
        if number < fold.start:
            if event.kind == "call":
                depths[event.frame] = depths.get(event.parent, 0) + 1
            state.enter(event)
            teller.pass_over(_segment(execution, number))
            number += 1
            continue
        first = _fold_sentence(write, execution, fold, depths, teller)
        changes: list[Change] = []
        for inside in range(fold.start, fold.end + 1):
            changes += _segment(execution, inside)
        before = teller.before(changes, fold.frame)
        for inside in range(fold.start, fold.end + 1):
            if events[inside].kind == "call":
                depths[events[inside].frame] = depths.get(events[inside].parent, 0) + 1
            state.enter(events[inside])
            teller.pass_over(_segment(execution, inside))
        said = teller.tell(changes, fold.frame, before) or [write.nothing()]
        told.append(str(write.range(fold.start + 1, fold.end + 1, " ".join([first, *said]))))
        number = fold.end + 1
        fold = next(waiting, None)
    return told


def _segment(execution: Execution, number: int) -> tuple[Change, ...]:
    """The changes between an event and the next."""
    trace = execution.trace
    return trace.events[number + 1].changes if number + 1 < len(trace.events) else trace.tail


def _fold_sentence(write: Any, execution: Execution, fold: Fold, depths: dict[int, int], teller: NetTeller) -> str:
    match fold.kind:
        case "block":
            return str(write.block(fold.first, fold.last))
        case "iterations":
            return str(write.iterations(fold.first, fold.last, fold.line))
    event = execution.trace.events[fold.start]
    arguments = ", ".join(f"{name}={value_text(value, teller.state.heap)}" for name, value in event.args)
    return str(write.brief_call(code(f"{event.name}({arguments})"), depths.get(event.parent, 0) + 1))
