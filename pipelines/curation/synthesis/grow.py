"""Grows the inputs of one program to a wanted number, by rounds of changed ones that are run and judged."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from random import Random

from pipelines.curation.inputs import given_text
from pipelines.curation.synthesis.branches import Branch, branches_of
from pipelines.curation.synthesis.change_call import CallChanger
from pipelines.curation.synthesis.change_stdin import StdinChanger
from pipelines.identity import content_hash, trace_id
from pipelines.runs import StoredRun
from pipelines.select import Planned
from schemas.solution import TestCase
from tracer.wire import decode

ROUNDS = 3
_TRIED_FOR_ONE = 3
_DRAWS_FOR_ONE = 8
_LEAST_LENGTH = 100

Runner = Callable[[Sequence[Planned]], dict[str, StoredRun]]
"""Runs executions and gives the runs by their ids."""


def _covered(run: StoredRun) -> frozenset[Branch]:
    return branches_of(decode(run.log)) if run.log is not None and run.integrity == "complete" else frozenset()


def _good(run: StoredRun | None) -> bool:
    return run is not None and run.verdict == "ok" and run.integrity == "complete" and not run.nondeterministic


class _Drawer:
    """Draws new inputs for a program: short ones that it was not given and that were not drawn before."""

    def __init__(self, given: Sequence[Planned], taken: Iterable[TestCase], seed: int) -> None:
        first = given[0]
        texts = [each.input for each in given]
        self.first = first
        self.chance = Random(content_hash(seed, first.row.solution.id, first.trace_id))
        self.changer = CallChanger(texts) if first.test.call is not None else StdinChanger(texts)
        self.longest = max(_LEAST_LENGTH, *map(len, texts))
        self.seen = {*texts, *(given_text(test) for test in taken)}
        self.made = 0

    def draw(self, number: int) -> list[Planned]:
        drawn: list[Planned] = []
        for _ in range(_DRAWS_FOR_ONE * number):
            if len(drawn) == number:
                break
            text = self.changer.change(self.chance)
            if text is None or text in self.seen or len(text) > self.longest:
                continue
            self.seen.add(text)
            drawn.append(self._planned(text))
        return drawn

    def _planned(self, text: str) -> Planned:
        solution, limits = self.first.row.solution, self.first.limits
        called = self.first.test.call is not None
        test = TestCase("", text, None) if called else TestCase(text, None, None)
        identity = trace_id(solution.program, test.stdin, test.call, limits)
        self.made += 1
        return replace(self.first, index=self.made - 1, test=test, trace_id=identity, made=True)


def grow(
    given: Sequence[Planned],
    runs: dict[str, StoredRun],
    run: Runner,
    *,
    wanted: int,
    seed: int,
    taken: Iterable[TestCase] = (),
) -> list[Planned]:
    """New executions of one program, until it has `wanted` in all or three rounds brought no more.

    An input is kept if its run is `ok` and takes a branch that none of the kept ones took. `runs` has
    those of `given`, and gets those of all that were tried; inputs of `taken` tests, such as hidden
    ones, are not made. The same program, inputs and seed give the same result.
    """
    good = [each for each in given if _good(runs.get(each.trace_id))]
    missing = wanted - len(given)
    if not good or missing <= 0:
        return []
    covered: set[Branch] = set()
    for each in good:
        covered |= _covered(runs[each.trace_id])
    drawer = _Drawer(good, [*given[0].row.solution.tests, *taken], seed)
    kept: list[Planned] = []
    for _ in range(ROUNDS):
        drawn = drawer.draw(_TRIED_FOR_ONE * (missing - len(kept)))
        runs.update(run(drawn))
        for each in drawn:
            found = runs.get(each.trace_id)
            if found is None or not _good(found) or len(kept) == missing:
                continue
            fresh = _covered(found) - covered
            if fresh:
                covered |= fresh
                kept.append(each)
        if len(kept) == missing or not drawn:
            break
    return kept
