"""The checker as a whole: it never raises, counts what it read, and kills what is changed in a true narration."""

import dataclasses
import random
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.checker import check
from templates.narrator import narrate
from tests.tracing import trace_program

PROGRAMS = {
    "knapsack": (
        "def best(items, room):\n    dp = [0] * (room + 1)\n    for weight, worth in items:\n"
        "        for r in range(room, weight - 1, -1):\n            dp[r] = max(dp[r], dp[r - weight] + worth)\n"
        "    return dp\n",
        "best([(1, 15), (3, 40)], 4)",
        "",
    ),
    "words": (
        "from collections import Counter, deque\nwords = input().split()\ncounts = Counter(words)\n"
        "queue = deque(sorted(counts.items()), maxlen=3)\nseen = set()\nwhile queue:\n    word, n = queue.popleft()\n"
        "    if n > 1 and word not in seen:\n        seen.add(word)\n        print(word * n, end=';')\n"
        "    else:\n        counts[word] -= 1\nprint()\n",
        None,
        "b a b c a\n",
    ),
    "tree": (
        "class Node:\n    def __init__(self, v, kids=()):\n        self.v = v\n        self.kids = list(kids)\n"
        "    def walk(self):\n        yield self.v\n        for kid in self.kids:\n            yield from kid.walk()\n"
        "def total(n):\n    try:\n        return n.v + sum(total(k) for k in n.kids)\n"
        "    except AttributeError as e:\n        return 0\n"
        "root = Node(1, [Node(2), Node(3)])\nroot.kids[1].v += 4\nprint(list(root.walk()), total(root), total(None))\n",
        None,
        "",
    ),
}


@pytest.fixture(scope="module", params=list(PROGRAMS))
def told(request: pytest.FixtureRequest) -> tuple[object, str, str]:
    code, call, stdin = PROGRAMS[request.param]
    execution = trace_program(code, call=call, stdin=stdin)
    narration = narrate(execution)
    return execution, narration.explanation, narration.answer


def test_what_the_narrator_tells_is_true(told: tuple) -> None:  # type: ignore[type-arg]
    report = check(*told)
    assert report.problems == ()
    assert report.claims > len(told[0].trace.events)


def test_any_changed_digit_is_found(told: tuple) -> None:  # type: ignore[type-arg]
    execution, explanation, answer = told
    rng = random.Random(7)
    places = [found.start() for found in re.finditer(r"\d", explanation)]
    for at in rng.sample(places, min(60, len(places))):
        digit = rng.choice([d for d in "0123456789" if d != explanation[at]])
        changed = explanation[:at] + digit + explanation[at + 1 :]
        assert check(execution, changed, answer).problems, changed[max(0, at - 80) : at + 40]


def test_any_changed_letter_or_sign_is_found(told: tuple) -> None:  # type: ignore[type-arg]
    execution, explanation, answer = told
    rng = random.Random(8)
    places = [found.start() for found in re.finditer(r"[^\s]", explanation)]
    for at in rng.sample(places, 60):
        sign = rng.choice([c for c in "abxyzTF+-*<>.,()[]'#`" if c != explanation[at]])
        changed = explanation[:at] + sign + explanation[at + 1 :]
        assert check(execution, changed, answer).problems, changed[max(0, at - 80) : at + 40]


def test_any_step_left_out_put_twice_or_swapped_is_found(told: tuple) -> None:  # type: ignore[type-arg]
    execution, explanation, answer = told
    lines = explanation.split("\n")
    steps = [number for number, line in enumerate(lines) if re.match(r"\d+\. ", line)]
    for at in random.Random(9).sample(steps[:-1], 12):
        before, step, following, rest = lines[:at], lines[at], lines[at + 1], lines[at + 2 :]
        for changed in ([*before, following, *rest], [*before, step, step, following, *rest]):
            assert check(execution, "\n".join(changed), answer).problems
        assert check(execution, "\n".join([*before, following, step, *rest]), answer).problems


def test_a_step_that_is_left_out_is_named_also_when_the_rest_is_numbered_anew() -> None:
    execution = trace_program("a = 1\nb = 2\nc = 3\n")
    told = "1. Line 1: `a` becomes `1`.\n2. Line 3: `c` becomes `3`.\n3. The program ends."
    assert check(execution, told, "<output></output>").problems[0].step == 2


def test_every_sentence_and_the_answer_are_counted() -> None:
    execution = trace_program("a = 1\nb = 2\n")
    told = "1. Line 1: `a` becomes `1`. `a` is `1`.\n2. Line 2: `b` becomes `2`.\n3. The program ends."
    report = check(execution, told, "<output></output>")
    assert report.claims == 5
    assert [problem.claim for problem in report.problems] == ["`a` is `1`."]


def test_backticks_in_a_value_are_fenced_by_more_of_them() -> None:
    execution = trace_program("a = '`'\nb = '``x'\n")
    told = "1. Line 1: `a` becomes ``'`'``.\n2. Line 2: `b` becomes ```'``x'```.\n3. The program ends."
    assert check(execution, told, "<output></output>").problems == ()
    assert check(execution, told.replace("``'`'``", "``'x'``"), "<output></output>").problems


def test_an_object_that_no_name_reaches_need_not_be_told() -> None:
    code = "def make():\n    box = [0]\n    def bump():\n        box[0] += 1\n    return bump\nb = make()\nb()\n"
    execution = trace_program(code)
    narration = narrate(execution)
    assert check(execution, narration.explanation, narration.answer).problems == ()


def test_a_cut_trace_bears_out_nothing() -> None:
    execution = trace_program("for i in range(9):\n    pass\n", max_events=5)
    assert "cut" in check(execution, "1. Line 1: Iteration 1 begins. `i` becomes `0`.", "").problems[0].reason


def test_a_style_that_there_is_not_is_a_problem() -> None:
    assert "style" in check(trace_program("a = 1\n"), "", "", style="../steps").problems[0].reason


@pytest.mark.parametrize("call", [None, "f(0)"])
def test_the_answer_of_a_run_that_fails(call: str | None) -> None:
    execution = trace_program("def f(x):\n    return 1 // x\n" + ("" if call else "print('a')\nf(0)\n"), call=call)
    narration = narrate(execution)
    answer = "f(0) raises ZeroDivisionError" if call else "<output>a\n</output>"
    assert check(execution, narration.explanation, answer).problems == ()
    assert check(execution, narration.explanation, answer + " ").problems


SIMPLE = trace_program("a = [1, 2]\nfor x in a:\n    b = x + 1\nprint(b)\n")
PIECES = st.sampled_from(
    [
        *["1. ", "2. ", "Line 1: ", "Line 2: ", "`a`", "`[1, 2]`", " becomes ", ".", "\n", "`", "``", "`((((`", "\x00"],
        *["`a[`", "`a.`", "`<1 more>`", "`1e999`", "Nothing changes.", "Iteration 1 begins.", "The program ends."],
        *["Call `f(` at depth 1.", "`x + 1` is `1 + 1`, which is `2`."],
    ]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join), st.text(max_size=5))
@settings(max_examples=200, deadline=None)
def test_no_text_makes_it_raise(explanation: str, answer: str) -> None:
    assert check(SIMPLE, explanation, answer).problems


@pytest.mark.parametrize("deep", ["[", "(", "-", "not ", "x.", "f("])
def test_no_depth_makes_it_raise(deep: str) -> None:
    code = "`" + deep * 4000 + "1`"
    for sentence in (f"`a` becomes {code}.", f"{code} is `1`.", f"`a` is {code}, which is `1`.", f"{code} is deleted."):
        assert check(dataclasses.replace(SIMPLE), f"1. Line 1: {sentence}", "").problems


def test_it_knows_nothing_of_what_narrates() -> None:
    code = (
        "import sys, templates.checker\n"
        "ours = {m for m in sys.modules if m.startswith('templates')}\n"
        "print(sorted(m for m in ours if not m.startswith(('templates.check', 'templates.execution'))))\n"
        "print(sorted(m for m in sys.modules if m in ('jinja2', 'libcst')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['templates']\n[]\n"
