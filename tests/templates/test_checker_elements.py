"""The checker holds what is told of the elements of a list comprehension."""

import pytest

from templates.checker import check
from tests.tracing import trace_program

CODE = "a = [3, 1]\nb = [x * 2 for x in a]\nc = [x * 2 for x in a if x]\n"


def problems(line: int, sentence: str) -> list[str]:
    texts = {
        1: "`a` becomes `[3, 1]`.",
        2: "`b` becomes `[6, 2]`.",
        3: "`c` becomes `[6, 2]`.",
    }
    steps = [f"{n}. Line {n}: {sentence + ' ' if n == line else ''}{text}" for n, text in texts.items()]
    told = "\n".join(["I follow the program one statement at a time.", "", *steps, "4. The program ends."])
    return [problem.claim for problem in check(trace_program(CODE), told, "<output></output>").problems]


@pytest.mark.parametrize(
    "sentence",
    [
        "With `x` being `3`, `x * 2` is `3 * 2`, which is `6`.",
        "With `x` being `1`, `x * 2` is `2`.",
    ],
)
def test_a_true_element_is_accepted(sentence: str) -> None:
    assert problems(2, sentence) == []


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (2, "With `x` being `1`, `x * 2` is `1 * 2`, which is `6`."),
        (2, "With `x` being `3`, `x * 2` is `1 * 2`, which is `6`."),
        (2, "With `x` being `3`, `x * 2` is `3 * 3`, which is `6`."),
        (2, "With `y` being `3`, `x * 2` is `6`."),
        (2, "With `x` being `3`, `x * 3` is `6`."),
        (2, "With `x` being `3`, `x * 2` is `7`."),
        (3, "With `x` being `3`, `x * 2` is `6`."),
        (1, "With `x` being `3`, `x * 2` is `6`."),
    ],
)
def test_a_false_element_is_rejected(line: int, sentence: str) -> None:
    assert sentence in problems(line, sentence)
