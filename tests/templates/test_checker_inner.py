"""The checker holds what is told of the rounds of comprehensions and the calls of lambdas."""

import pytest

from schemas.narration import UngroundedClaim
from templates.checker import check
from tests.tracing import trace_program

CODE = """\
a = [3, 1, 4]
b = [x * 2 for x in a if x > 2]
c = [k * v for k in a for v in range(k - 2)]
d = sorted(a, key=lambda n: -n)
e = sum(i * i for i in range(9))
"""
TEXTS = {
    1: "`a` becomes `[3, 1, 4]`.",
    2: "`b` becomes `[6, 8]`.",
    3: "`c` becomes `[0, 0, 4]`.",
    4: "`d` becomes `[4, 3, 1]`.",
    5: "`e` becomes `204`.",
}
FILTER = (
    "`x=3` passes, since `x > 2` is `3 > 2`, which is true. `x=3` gives `x * 2`, that is `3 * 2`, so `6`."
    " `x=1` drops out, since `x > 2` is `1 > 2`, which is false."
    " `x=4` passes, since `x > 2` is `4 > 2`, which is true. `x=4` gives `x * 2`, that is `8`."
)
KEYS = (
    "The key for `n=3` is `-n`, that is `-3`. `n=1` gets the key `-n`, here `-1`."
    " The key for `n=4` is `-n`, that is `-4`."
)
COLUMNS = "`i` goes through `[0, 1, 2, 3, 4, 5, 6, 7, 8]`. So `i * i` runs through `[0, 1, 4, 9, 16, 25, 36, 49, 64]`."


def problems(line: int, sentences: str) -> list[str]:
    steps = [f"{n}. Line {n}: {sentences + ' ' if n == line else ''}{text}" for n, text in TEXTS.items()]
    told = "\n".join(["I follow the program one statement at a time.", "", *steps, "6. The program ends."])
    return [problem.claim for problem in check(trace_program(CODE), told, "<output></output>").problems]


@pytest.mark.parametrize(
    ("line", "sentences"),
    [
        (2, FILTER),
        (2, "With `x=3`, `x > 2` is `3 > 2`, which is `True`. Not written out here: 4 more."),
        (2, "`x` goes through `[3, 1, 4]`. So `x > 2` runs through `[True, False, True]`. And so on, 2 more in all."),
        (
            3,
            "With `k=3`, `k - 2` is `3 - 2`, which is `1`. With `k=3`, `range(k - 2)` is `range(0, 1)`."
            " For `k=3, v=0` the element `k * v` is `3 * 0`, which is `0`. Not written out here: 4 more.",
        ),
        (
            3,
            "`k` goes through `[3, 1, 4]`. `v` goes through `[0, 0, 1]`. So `k * v` runs through `[0, 0, 4]`."
            " Not written out here: 3 more.",
        ),
        (4, KEYS),
        (4, "Called with `n=3`, the lambda returns `-n`, that is `-3`. Not written out here: 2 more."),
        (5, COLUMNS),
        (
            5,
            "`i=0` gives `i * i`, that is `0`. `i=7` gives `i * i`, that is `7 * 7`, so `49`."
            " The other 7 go the same way and are not shown.",
        ),
        (5, "So `i * i` runs through `[0, 1, 4]`. Not written out here: 6 more."),
    ],
)
def test_true_rounds_are_accepted(line: int, sentences: str) -> None:
    assert problems(line, sentences) == []


@pytest.mark.parametrize(
    ("line", "true", "false"),
    [
        (2, "`x=3` gives", "`x=4` gives"),
        (2, "`x=3` gives", "`y=3` gives"),
        (2, "`3 * 2`", "`3 * 3`"),
        (2, "so `6`", "so `7`"),
        (2, "`x * 2`, that is `8`", "`x + 2`, that is `6`"),
        (2, "`x > 2` is `1 > 2`, which is false", "`x > 2` is `3 > 2`, which is false"),
        (
            2,
            "`x=1` drops out, since `x > 2` is `1 > 2`, which is false.",
            "`x=1` passes, since `x > 2` is `1 > 2`, which is true.",
        ),
        (4, "The key for `n=3` is `-n`, that is `-3`.", "The key for `n=1` is `-n`, that is `-1`."),
        (4, "The key for `n=4` is `-n`, that is `-4`.", "`n=4` gives `-n`, that is `-4`."),
        (5, "[0, 1, 2,", "[1, 2,"),
        (5, "[0, 1, 4,", "[0, 1, 5,"),
        (5, "`i` goes", "`a` goes"),
        (5, "So `i * i`", "So `i + i`"),
    ],
)
def test_a_false_round_is_rejected(line: int, true: str, false: str) -> None:
    told = {2: FILTER, 4: KEYS, 5: COLUMNS}[line]
    assert true in told
    assert problems(line, told.replace(true, false))


@pytest.mark.parametrize(
    "sentences",
    [
        "`x=3` gives `x * 2`, that is `6`.",
        "`x=4` gives `x * 2`, that is `8`. `x=3` gives `x * 2`, that is `6`. Not written out here: 3 more.",
        "`x=3` gives `x * 2`, that is `6`. `x=3` gives `x * 2`, that is `6`. Not written out here: 3 more.",
        "`x=3` gives `x * 2`, that is `6`. Not written out here: 3 more.",
        "`x=3` gives `x * 2`, that is `6`. Not written out here: 4 more. `x=4` gives `x * 2`, that is `8`.",
        FILTER + " Not written out here: 1 more.",
        FILTER + " Further in, 1 evaluations were not recorded.",
    ],
)
def test_rounds_left_out_are_counted_and_the_others_told_in_order(sentences: str) -> None:
    assert problems(2, sentences)


@pytest.mark.parametrize(
    ("expression", "sentences"),
    [
        ("any(x > 2 for x in a)", "`x=3` gives `x > 2`, that is `True`. That settles `any`."),
        (
            "all(x > 2 for x in a)",
            "`x=3` gives `x > 2`, that is `True`. `x=1` gives `x > 2`, that is `False`. That settles `all`.",
        ),
    ],
)
def test_any_and_all_are_settled_by_the_element_that_decides(expression: str, sentences: str) -> None:
    assert settled(expression, sentences) == ()


@pytest.mark.parametrize(
    ("expression", "sentences"),
    [
        ("any(x > 2 for x in a)", "That settles `any`."),
        ("any(x > 2 for x in a)", "`x=3` gives `x > 2`, that is `True`. That settles `all`."),
        ("all(x > 4 for x in a[:1])", "`x=3` gives `x > 4`, that is `False`. That settles `any`."),
        ("any(x > 4 for x in a[:1])", "`x=3` gives `x > 4`, that is `False`. That settles `any`."),
        ("sum(x > 2 for x in a[:1])", "`x=3` gives `x > 2`, that is `True`. That settles `sum`."),
    ],
)
def test_what_does_not_decide_settles_nothing(expression: str, sentences: str) -> None:
    assert settled(expression, sentences)


def settled(expression: str, sentences: str) -> tuple[UngroundedClaim, ...]:
    execution = trace_program(f"a = [3, 1, 4]\nb = {expression}\n")
    value = eval(expression, {"a": [3, 1, 4]})
    told = ["I follow the program one statement at a time.", "", "1. Line 1: `a` becomes `[3, 1, 4]`."]
    told += [f"2. Line 2: {sentences} `b` becomes `{value}`.", "3. The program ends."]
    return check(execution, "\n".join(told), "<output></output>").problems


def test_a_step_may_leave_comprehensions_to_their_values() -> None:
    assert problems(2, "") == []


def test_a_sentence_on_a_round_belongs_where_it_ran() -> None:
    assert problems(1, "`x=3` gives `x * 2`, that is `6`.")
