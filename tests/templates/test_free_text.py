"""A free explanation: what it says truly is accepted, what it says falsely is refused, the rest is named."""

import pytest

from templates.execution import Execution
from templates.free_text.check_text import check_text
from tests.tracing import trace_program

TOTAL = """def total(nums):
    s = 0
    for n in nums:
        if n > 2:
            s += n
        else:
            s -= 1
    return s
"""
TRUE = """The function is called with `nums` = `[1, 4, 3]`. On line 2, `s` is set to 0.
In the first iteration `n` is 1, so the condition `n > 2` is false and `s` goes from 0 to -1 on line 7.
In iteration 2, `n` becomes 4; `n > 2` is true, and line 5 makes the sum grow: `s` becomes 3.
In the third iteration `n` is 3, `n > 2` holds, and s goes from 3 to 6.
The loop runs 3 times. Finally `total` returns 6.
"""
GRID = """n = int(input())
grid = [[0] * n for _ in range(n)]
def fill(row):
    if row == n:
        raise ValueError("full")
    grid[row][row] = row + 1
    print(grid[row])
    fill(row + 1)
try:
    fill(0)
except ValueError as error:
    print("end:", error)
"""


@pytest.fixture(scope="module")
def total() -> Execution:
    return trace_program(TOTAL, call="total([1, 4, 3])")


@pytest.fixture(scope="module")
def grid() -> Execution:
    return trace_program(GRID, stdin="2\n")


def test_a_true_explanation_is_grounded(total: Execution) -> None:
    report = check_text(total, TRUE)
    assert report.problems == ()
    assert report.unread == ()
    assert report.claims >= 14
    assert report.grounded


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("[1, 4, 3]", "[1, 4, 2]"),
        ("set to 0", "set to 1"),
        ("`n` is 1", "`n` is 4"),
        ("is false", "is true"),
        ("from 0 to -1", "from 0 to -2"),
        ("from 0 to -1", "from 1 to -1"),
        ("on line 7", "on line 5"),
        ("In iteration 2", "In iteration 3"),
        ("`s` becomes 3", "`s` becomes 4"),
        ("`n > 2` holds", "`n > 2` fails"),
        ("runs 3 times", "runs 2 times"),
        ("returns 6", "returns 7"),
        ("`total` returns", "`sum` returns"),
    ],
)
def test_one_false_claim_is_found(total: Execution, said: str, instead: str) -> None:
    assert said in TRUE
    report = check_text(total, TRUE.replace(said, instead, 1))
    assert report.problems
    assert not report.grounded


def test_changes_told_in_another_order_are_found(total: Execution) -> None:
    assert check_text(total, "`s` becomes 3. Then `s` becomes 6.").grounded
    report = check_text(total, "`s` becomes 6. Then `s` becomes 3.")
    assert [problem.reason for problem in report.problems] == [
        "that happens, but before what the text has told already"
    ]


def test_what_stands_may_be_looked_back_at(total: Execution) -> None:
    assert check_text(total, "`total` returns 6. At the start `s` was 0.").grounded


def test_elements_calls_output_and_exceptions_are_held(grid: Execution) -> None:
    text = (
        "`n` is 2 and `grid` is `[[0, 0], [0, 0]]`. The program calls `fill(0)`. `grid[0][0]` becomes 1 and it prints "
        "`[1, 0]`. Then it calls `fill(row=1)`, `grid[1][1]` goes from 0 to 2 and it prints `[0, 2]`. "
        "At last line 5 raises ValueError, and the program prints `end: full`."
    )
    report = check_text(grid, text)
    assert report.problems == ()
    assert report.claims >= 10
    for said, instead in [("fill(0)", "fill(1)"), ("fill(row=1)", "fill(row=3)"), ("`[0, 2]`", "`[0, 1]`")]:
        assert check_text(grid, text.replace(said, instead)).problems
    for said, instead in [("ValueError", "KeyError"), ("end: full", "end: empty"), ("from 0 to 2", "from 1 to 2")]:
        assert check_text(grid, text.replace(said, instead)).problems


def test_what_cannot_be_held_is_named(total: Execution) -> None:
    report = check_text(total, "The helper `frobnicate` does the rest. Roughly 17 things happen.")
    assert report.claims == 0
    assert not report.grounded
    assert [each.claim for each in report.unread] == [
        "frobnicate",
        "The helper `frobnicate` does the rest.",
        "Roughly 17 things happen.",
    ]


def test_a_word_that_only_looks_like_a_name_is_not_held_against_anybody(total: Execution) -> None:
    report = check_text(total, "The sum is 5. The function returns 6.")
    assert report.problems == ()
    assert [each.reason for each in report.unread] == ["sum is no name of the program"]


def test_a_line_that_never_runs_is_no_true_line(total: Execution) -> None:
    assert check_text(total, "Line 5 adds to the sum.").grounded
    assert not check_text(total, "Line 6 adds to the sum.").grounded


def test_any_text_is_read_without_an_exception(total: Execution) -> None:
    for text in ["", "`", "``` ` ```", "`x[` is 3.", "line 99999999999999999999.", "\x00 is 1", "`(` is `)`."]:
        check_text(total, text)
