"""Chooses the inputs that a solution runs on: public ones or all, small and different ones first."""

import math
import re
from collections.abc import Sequence

from pipelines.curation.options import Curation
from schemas.solution import TestCase

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WORD = re.compile(r"[^\W\d]+")


def given_text(test: TestCase) -> str:
    """The stdin text, or the call."""
    return test.stdin if test.call is None else test.call


def shape_of(test: TestCase) -> tuple[object, ...]:
    """What tests of one kind share: their size, how many lines, what they are made of, and how the answer begins."""
    text = given_text(test)
    kinds = _WORD.sub("w", _NUMBER.sub(lambda found: "-" if found[0].startswith("-") else "0", text))
    answer = (test.expected or "").split(None, 1)
    first = answer[0] if answer and not answer[0].lstrip("-").isdigit() else ""
    return int(math.log2(len(text) + 1)), int(math.log2(text.count("\n") + 1)), frozenset(kinds), first[:20]


def _candidates(tests: Sequence[TestCase], curation: Curation) -> list[int]:
    return [place for place, test in enumerate(tests) if curation.inputs == "all" or not test.hidden]


def number_of_inputs(tests: Sequence[TestCase], curation: Curation) -> int:
    """How many of the tests `chosen_inputs` would choose."""
    number = sum(curation.inputs == "all" or not test.hidden for test in tests)
    return number if curation.max_inputs is None else min(number, curation.max_inputs)


def chosen_inputs(tests: Sequence[TestCase], curation: Curation) -> list[int]:
    """The places of the tests to run, in their order.

    Where there are more than `max_inputs`, tests are grouped by their shape, and the smallest of
    each group are taken in turn, the group of the smallest test first.
    """
    places = _candidates(tests, curation)
    most = curation.max_inputs
    if most is None or len(places) <= most:
        return places
    places.sort(key=lambda place: (len(given_text(tests[place])), given_text(tests[place])))
    groups: dict[tuple[object, ...], list[int]] = {}
    for place in places:
        groups.setdefault(shape_of(tests[place]), []).append(place)
    chosen: list[int] = []
    turn = 0
    while len(chosen) < most:
        chosen += [group[turn] for group in groups.values() if turn < len(group)][: most - len(chosen)]
        turn += 1
    return sorted(chosen)
