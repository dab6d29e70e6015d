"""What each kind of sentence may say: true ones pass, and what makes one false is named."""

import re
from functools import cache

import pytest

from schemas.narration import UngroundedClaim
from templates.checker import check
from templates.execution import Execution
from templates.narrator import narrate
from tests.tracing import trace_program


@cache
def _run(code: str, stdin: str, call: str | None) -> tuple[Execution, str, str]:
    execution = trace_program(code, stdin=stdin, call=call)
    told = narrate(execution)
    assert check(execution, told.explanation, told.answer).problems == ()
    return execution, told.explanation, told.answer


def problems(
    code: str, step: int, sentences: str, *, stdin: str = "", call: str | None = None
) -> tuple[UngroundedClaim, ...]:
    """What is wrong once the sentences of one step of a true narration are replaced."""
    execution, explanation, answer = _run(code, stdin, call)
    told, count = re.subn(rf"(?m)^{step}\. (Line \d+: )?.*$", lambda m: f"{step}. {m[1] or ''}{sentences}", explanation)
    assert count == 1
    return check(execution, told, answer).problems


LOOP = "n = 0\nfor x in [4, 5]:\n    n += x\nelse:\n    n = -n\nprint(n)\n"
BRANCH = "a, b = 2, 3\nif a < b and b:\n    c = a\nassert c\nwhile c:\n    c -= 1\n    continue\n"
LISTS = (
    "x = [1, 2]\nx.append(3)\nx.extend([4, 5])\nx.insert(0, 9)\nx.pop()\nx[1:3] = [7]\nx[0], x[1] = x[1], x[0]\n"
    "x.reverse()\ndel x[0]\n"
)
SETS = "s = {1}\ns.add(2)\ns.discard(1)\nd = {}\nd['k'] = 1\nd['k'] = 2\ndel d['k']\ndel s\nd = None\ny = 1000 + 1\n"
CALLS = (
    "class E(Exception):\n    pass\ndef g(n):\n    yield n\ndef f(n, *m, k=2):\n    raise E\n"
    "for v in g(1):\n    pass\ntry:\n    f(1, 3)\nexcept KeyError:\n    pass\nexcept E as err:\n    pass\n"
)
WITH = (
    "class C:\n    def __enter__(self):\n        return 5\n    def __exit__(self, *e):\n        return True\n"
    "with C() as c:\n    raise ValueError('a', 1)\nimport math, os.path as p\n"
)
STAR = "from math import *\nexp = floor(exp(0))\n"
WORK = "a = [3, 1]\nb = a[0] * 2 + max(a[1], 4) if a else 0\nc = [n * 2 for n in a]\n"


TRUE = [
    (LOOP, 2, "Loop over `[4, 5]`, which is `[4, 5]`. Iteration 1 begins. `x` becomes `4`."),
    (LOOP, 3, "`x` is `4`. `n` goes from `0` to `4`."),
    (LOOP, 6, "The loop ends after 2 iterations."),
    (LOOP, 8, "Evaluate `print(n)`. Print `'-9'`. Print `'\\n'`."),
    (BRANCH, 2, "The condition `a < b and b` is `2 < 3 and 3`, which is true. Take this branch."),
    (BRANCH, 2, "The condition `a<b and b` is `3`, which is true."),
    (BRANCH, 2, "Take this branch."),
    (BRANCH, 4, "The condition `c` is true."),
    (BRANCH, 5, "The condition `c` is `2`, which is true. Iteration 1 begins."),
    (BRANCH, 7, "Go on with the next iteration."),
    (LISTS, 2, "`x` is now `[1, 2, 3]`."),
    (LISTS, 3, "The items of `[4, 5]` are appended to `x`, which now has length 5."),
    (LISTS, 3, "`4` is appended to `x`, which now has length 4. `5` is appended to `x`, which now has length 5."),
    (LISTS, 4, "In `x`, from index 0 on, `[]` gives way to `[9]`."),
    (LISTS, 5, "`5` is removed from `x` at index 5, which leaves length 5."),
    (LISTS, 6, "`x` is now `[9, <2 more>, 4]`."),
    (LISTS, 7, "`x[0]` goes from `9` to `7`. `x[1]` goes from `7` to `9`."),
    (LISTS, 7, "`x[-4]` goes from `9` to `7`. `x[1]` goes from `7` to `9`."),
    (SETS, 2, "`2` is added to `s`."),
    (SETS, 2, "`s` is now `{2, 1}`."),
    (SETS, 5, "`d['k']` becomes `1`."),
    (SETS, 5, "`d` is now `{'k': 1}`."),
    (SETS, 6, "`d['k']` goes from `1` to `2`."),
    (SETS, 7, "`d['k']` is deleted."),
    (SETS, 9, "`d` goes from `{}` to `None`."),
    (CALLS, 5, "Call `g(n=1)` at depth 1."),
    (CALLS, 7, "`g` yields `1` and pauses. Iteration 1 begins. `v` becomes `1`."),
    (CALLS, 10, "`g` resumes. Nothing changes."),
    (CALLS, 13, "Call `f(n=1, k=2, m=(3,))` at depth 1."),
    (CALLS, 14, "Raise `E`."),
    (CALLS, 15, "`E` is raised."),
    (CALLS, 18, "The handler for `KeyError` does not match."),
    (CALLS, 19, "The handler for `E as err` catches it. `err` becomes `<exception E>`."),
    (WITH, 2, "Enter the block of `C() as c`."),
    (WITH, 8, "Leave the block of `C() as c`."),
    (WITH, 12, "Import `math, p`."),
    (STAR, 1, "Import `*`."),
    (WORK, 2, "`a[0] * 2 + max(a[1], 4)` is `3 * 2 + max(1, 4)`, which is `10`. `b` becomes `10`."),
    (WORK, 2, "`a[0] * 2` is `6`. `max(a[1], 4)` is `max([3, 1][1], 4)`, which is `4`. `b` becomes `10`."),
    (WORK, 3, "`[n * 2 for n in a]` is `[6, 2]`. `c` becomes `[6, <1 more>]`."),
]

FALSE = [
    (LOOP, 2, "Loop over `[4, 5]`, which is `[4, 6]`. Iteration 1 begins. `x` becomes `4`.", "value is another"),
    (LOOP, 2, "Loop over `[4]`, which is `[4]`. Iteration 1 begins. `x` becomes `4`.", "something else"),
    (LOOP, 4, "Loop over `[4, 5]`, which is `[4, 5]`. Iteration 2 begins. `x` goes from `4` to `5`.", "entered before"),
    (LOOP, 4, "Iteration 1 begins. `x` goes from `4` to `5`.", "iteration 2"),
    (LOOP, 4, "The loop ends after 1 iteration. `x` goes from `4` to `5`.", "does not end"),
    (LOOP, 4, "Iteration 2 begins. Iteration 2 begins. `x` goes from `4` to `5`.", "told before"),
    (LOOP, 6, "Iteration 3 begins.", "no iteration begins"),
    (LOOP, 6, "Nothing changes.", "that the loop ends"),
    (LOOP, 3, "`n` becomes `4`.", "had a value of that kind"),
    (LOOP, 3, "Nothing changes. `n` goes from `0` to `4`.", "something does"),
    (LOOP, 3, "`n` goes from `0` to `4.0`.", "new value"),
    (LOOP, 3, "`n` goes from `False` to `4`.", "old value"),
    (LOOP, 8, "Print `'-9'`.", "is printed"),
    (LOOP, 8, "Print `'-9\\n '`.", "other characters"),
    (BRANCH, 2, "The condition `a < b and b` is `2 < 3 and 4`, which is true.", "was not `4`"),
    (BRANCH, 2, "The condition `a < b and b` is `2 < 3 or 3`, which is true.", "not the source"),
    (BRANCH, 2, "The condition `a < b` is true.", "condition is another"),
    (BRANCH, 2, "The condition `a < b and b` is false.", "it is true"),
    (BRANCH, 2, "Skip this branch.", "not skipped"),
    (BRANCH, 2, "`a < b` is `True`.", "whether its condition"),
    (BRANCH, 4, "`c` is `2`.", "whether its condition"),
    (BRANCH, 7, "Leave the loop.", "no Break"),
    (LISTS, 2, "`3` is appended to `x`, which now has length 2.", "length is then 3"),
    (LISTS, 2, "`3` is inserted into `x` at index 0, which now has length 3.", "index is 2"),
    (LISTS, 3, "`4` is appended to `x`, which now has length 4.", "does not tell"),
    (LISTS, 3, "The items of `[5, 4]` are appended to `x`, which now has length 5.", "other values"),
    (LISTS, 5, "`5` is removed from `x` at index 4, which leaves length 5.", "index is 5"),
    (
        LISTS,
        5,
        "`x` is now `[9, 1, <3 more>]`. `5` is removed from `x` at index 5, which leaves length 5.",
        "told before",
    ),
    (LISTS, 6, "`x` is now `[9, <1 more>, 4]`.", "value is another"),
    (LISTS, 7, "`x[0]` goes from `9` to `7`.", "does not tell"),
    (LISTS, 7, "`x[1]` goes from `9` to `7`. `x[0]` goes from `7` to `9`.", "value is another"),
    (SETS, 2, "`1` is added to `s`.", "does not add"),
    (SETS, 5, "`d['j']` becomes `1`.", "does not change it"),
    (SETS, 7, "`d['k']` goes from `2` to `None`.", "deleted"),
    (SETS, 9, "`d` stays `None`.", "another value before"),
    (CALLS, 5, "Call `g(n=2)` at depth 1.", "arguments"),
    (CALLS, 5, "Call `g(n=1)` at depth 2.", "depth is 1"),
    (CALLS, 5, "`n` is `1`.", "does not tell the event"),
    (CALLS, 7, "`g` returns `1` to line 7. Iteration 1 begins. `v` becomes `1`.", "it is a yield"),
    (CALLS, 15, "`E` is raised with the message `''`.", "not known"),
    (CALLS, 17, "`E` is raised.", "passes on"),
    (CALLS, 17, "`E` passes on into `f`.", "into the module"),
    (CALLS, 18, "The handler for `KeyError` catches it.", "does not catch"),
    (CALLS, 19, "The handler for `KeyError` catches it. `err` becomes `<exception E>`.", "handler for"),
    (WITH, 2, "Leave the block of `C() as c`.", "entered here"),
    (WITH, 12, "Import `math, os`.", "it binds"),
    (WORK, 2, "`a[0] * 2` is `3 * 2`, which is `7`. `b` becomes `10`.", "value is another"),
    (WORK, 2, "`a[0] * 3` is `9`. `b` becomes `10`.", "no such expression"),
    (WORK, 2, "`0` is `1`. `b` becomes `10`.", "value is another"),
    (WORK, 2, "So `b` becomes `10`.", "no pattern"),
]


@pytest.mark.parametrize(("code", "step", "sentences"), TRUE, ids=[case[2][:60] for case in TRUE])
def test_what_is_true_is_grounded(code: str, step: int, sentences: str) -> None:
    assert problems(code, step, sentences) == ()


@pytest.mark.parametrize(("code", "step", "sentences", "reason"), FALSE, ids=[case[2][:60] for case in FALSE])
def test_what_is_false_is_named(code: str, step: int, sentences: str, reason: str) -> None:
    found = problems(code, step, sentences)
    assert any(problem.step == step and reason in problem.reason for problem in found), found
