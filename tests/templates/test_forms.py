"""A form that is followed along the source is one that the full reading accepts too, and no false form is followed."""

import random
import re
import warnings

import pytest

from templates.checker import check
from templates.checking import forms, quick, substitution
from templates.checking.moment import Moment
from templates.execution import Execution
from templates.narrator import narrate
from tests.tracing import trace_program

PROGRAM = """import math
def work(a, b, xs, d):
    total = 0
    n = -3
    for i in range(len(xs)):
        total += (xs[i] - n) * (a + b) - abs(i - 2)
        total -= d['k'] if xs[i] > 0 else -n ** 2
        if 0 <= i + n <= 2 and xs[i] in [4, -1, 7]:
            n = max(n + 1, (a - b) // 2, -i)
        s = 'ab'[i % 2] * 2 + str(n)
        t = [x for x in xs if x > i][-1:]
        r = math.floor(a / 2) + len(s.strip('b')) + sum(range(i, i + 2))
        total *= 1
        b = (total ^ i) & 7 or not b
    return total, n, s, t, r
"""


@pytest.fixture(scope="module")
def execution() -> Execution:
    return trace_program(PROGRAM, call="work(5, 0, [4, -1, 0, 7], {'k': 2})")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Moment, object, tuple[str, ...], str]]:
    """Every question that is put to `fits`, and answered by yes."""
    seen: list[tuple[Moment, object, tuple[str, ...], str]] = []

    def asking(moment: Moment, node: object, told: tuple[str, ...], value: str = "") -> bool:
        holds = forms.fits(moment, node, told, value)  # type: ignore[arg-type]
        if holds:
            for form in told:
                substitution._check_shown(moment, node, form, value or None)  # type: ignore[arg-type]
            seen.append((moment, node, told, value))
        return holds

    monkeypatch.setattr(quick, "fits", asking)
    monkeypatch.setattr(substitution, "fits", asking)
    return seen


def test_what_is_followed_is_accepted_by_the_full_reading(
    execution: Execution, asked: list[tuple[Moment, object, tuple[str, ...], str]]
) -> None:
    told = narrate(execution)
    assert check(execution, told.explanation, told.answer).problems == ()
    assert len(asked) > 30


def test_a_form_with_another_operand_is_never_followed(
    execution: Execution, asked: list[tuple[Moment, object, tuple[str, ...], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = 0
    chance = random.Random(5)
    follow = forms.fits

    def trying(moment: Moment, node: object, told: tuple[str, ...], value: str = "") -> bool:
        nonlocal changed
        for form in told:
            numbers = list(re.finditer(r"(?<![\w.])\d+(?![\w.])", form))
            if numbers:
                number = chance.choice(numbers)
                false = f"{form[: number.start()]}{int(number[0]) + 1}{form[number.end() :]}"
                if follow(moment, node, (false,), value):  # type: ignore[arg-type]
                    substitution._check_shown(moment, node, false, value or None)  # type: ignore[arg-type]
                changed += 1
        return follow(moment, node, told, value)  # type: ignore[arg-type]

    monkeypatch.setattr(quick, "fits", trying)
    told = narrate(execution)
    assert check(execution, told.explanation, told.answer).problems == ()
    assert changed > 20


@pytest.mark.parametrize(
    ("form", "holds"),
    [
        ("-5 ** 2", False),
        ("(-5) ** 2", True),
        ("x ** 2", True),
        ("(-4) ** 2", False),
        ("(-5) ** 3", False),
        ("(-5) **2", True),
    ],
)
def test_a_negative_base_of_a_power_needs_its_parentheses(form: str, holds: bool) -> None:
    execution = trace_program("def f(x):\n    return x ** 2\n", call="f(-5)")
    told = narrate(execution)
    changed = told.explanation.replace("`(-5) ** 2`", f"`{form}`")
    assert changed != told.explanation or form == "(-5) ** 2"
    assert (check(execution, changed, told.answer).problems == ()) is holds


def test_an_operand_that_is_its_own_beginning_is_taken_apart_where_it_must_be() -> None:
    execution = trace_program("def f(n, j):\n    return n - j - 1 + (n - j) * 0\n", call="f(3, 0)")
    told = narrate(execution)
    assert "`3 - 0 - 1 + (3 - 0) * 0`" in told.explanation
    assert check(execution, told.explanation, told.answer).problems == ()


def test_strange_literals_are_read_without_a_warning() -> None:
    execution = trace_program("def f(x):\n    y = 1if x else 0\n    return '\\d' + str(y)\n", call="f(2)")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = narrate(execution)
        assert check(execution, told.explanation, told.answer).problems == ()
