"""Inputs are made from inputs: of the same types, short, new in what they reach, and always the same ones."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.curation.synthesis.branches import branches_of
from pipelines.curation.synthesis.change_call import CallChanger, written
from pipelines.curation.synthesis.change_stdin import StdinChanger
from pipelines.curation.synthesis.change_value import change_value
from pipelines.curation.synthesis.grow import grow
from pipelines.options import BuildOptions
from pipelines.runs import StoredRun, stored_run
from pipelines.select import Planned, select_problem
from pipelines.sources.located import Located
from sandbox import Sandbox, SandboxConfig, observe
from schemas.job import Program
from schemas.solution import Solution, TestCase
from tracer.wire import decode

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.sets(st.integers() | st.text(max_size=3), max_size=4)
    ),
    max_leaves=8,
)


@given(value=_VALUES, seed=st.integers(0, 1000))
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_value_has_the_type_of_the_old_one(value: object, seed: int) -> None:
    assert type(change_value(value, Random(seed), "ab")) is type(value)


@given(value=_VALUES)
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_a_written_value_is_read_back(value: object) -> None:
    assert ast.literal_eval(written(value)) == value


def test_a_set_is_written_in_one_order() -> None:
    assert written({"b", "a", "c"}) == "{'a', 'b', 'c'}"


def test_calls_keep_the_function_and_the_types_of_arguments() -> None:
    changer = CallChanger(["Solution().f([1, 2], k='ab', g=len)"])
    for seed in range(200):
        made = changer.change(Random(seed))
        assert made is not None
        call = ast.parse(made, mode="eval").body
        assert isinstance(call, ast.Call)
        assert ast.unparse(call.func) == "Solution().f"
        first, *named = call.args, *call.keywords
        values = [ast.literal_eval(call.args[0]), ast.literal_eval(call.keywords[0].value)]
        assert [type(value) for value in values] == [list, str]
        assert ast.unparse(call.keywords[1].value) == "len"
        assert (len(first), len(named)) == (1, 2)


@pytest.mark.parametrize("call", ["f()", "f(x)", "f", "a + f(1)"])
def test_a_call_without_literals_is_left_alone(call: str) -> None:
    assert CallChanger([call]).change(Random(1)) is None


def test_counts_of_an_input_stay_in_step_with_what_they_count() -> None:
    changer = StdinChanger(["3\n10 20 30\n"])
    in_step = 0
    for seed in range(300):
        made = changer.change(Random(seed))
        assert made is not None
        lines = made.split("\n")
        in_step += lines[0].isdigit() and len(lines[1].split()) == int(lines[0]) != 3
    assert in_step > 50


def test_rows_of_an_input_are_added_and_taken_in_step() -> None:
    changer = StdinChanger(["2\na 1\nb 2\n"])
    sizes = {len(text.split("\n")) - 2 for seed in range(300) if (text := changer.change(Random(seed)))[:1] in "13"}
    assert {1, 3} <= sizes


BRANCHY = """n = int(input())
if n < 0:
    print("negative")
elif n == 0:
    print("zero")
elif n % 2:
    print("odd")
else:
    print("even")
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig()) as opened:
        yield opened


class Runs:
    """Runs executions for real."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def __call__(self, planned: Sequence[Planned]) -> dict[str, StoredRun]:
        return {each.trace_id: self.one(each) for each in planned}

    def one(self, planned: Planned) -> StoredRun:
        program, test = planned.row.solution.program, planned.test
        seen = observe(self.sandbox, program, stdin=test.stdin, call=test.call, limits=planned.limits)
        return stored_run(planned.trace_id, seen)


def grown(sandbox: Sandbox, code: str, *tests: TestCase, wanted: int = 4, seed: int = 0) -> list[Planned]:
    kind = "stdin" if tests[0].call is None else "function"
    program = Program(kind, code)  # type: ignore[arg-type]
    solution = Solution("a", "p", "", program, None, tests, "tests", "CC0-1.0")
    planned = select_problem([Located(solution, "f", "f:1")], BuildOptions(("jsonl:f",))).planned
    run = Runs(sandbox)
    runs = run(planned)
    made = grow(planned, runs, run, wanted=wanted, seed=seed)
    covered: set[object] = set()
    for each in [*planned, *made]:
        stored = runs[each.trace_id]
        assert stored.verdict == "ok"
        assert stored.log is not None
        fresh = branches_of(decode(stored.log))
        assert not each.made or fresh - covered
        covered |= fresh
    return made


def test_inputs_that_take_other_branches_are_made(sandbox: Sandbox) -> None:
    made = grown(sandbox, BRANCHY, TestCase("4\n", None, "even"))
    assert 1 <= len(made) <= 3
    assert [each.id for each in made] == sorted(
        {each.id for each in made}, key=lambda name: int(name.rpartition("-")[2])
    )
    assert all(each.test.expected is None and each.id.startswith("a/made-") for each in made)


def test_the_same_seed_makes_the_same_inputs(sandbox: Sandbox) -> None:
    first = grown(sandbox, BRANCHY, TestCase("4\n", None, "even"))
    assert grown(sandbox, BRANCHY, TestCase("4\n", None, "even")) == first


def test_hidden_inputs_are_not_made_again(sandbox: Sandbox) -> None:
    tests = [
        TestCase("4\n", None, None),
        *(TestCase(f"{n}\n", None, None, hidden=True) for n in range(-30, 30) if n != 4),
    ]
    made = grown(sandbox, BRANCHY, *tests, wanted=3)
    assert not {each.input for each in made} & {test.stdin for test in tests}


def test_calls_grow_too(sandbox: Sandbox) -> None:
    code = "def f(xs):\n    for x in xs:\n        if x > 3:\n            return x\n    return None\n"
    made = grown(sandbox, code, TestCase("", "f([1, 2])", None), wanted=3)
    assert made
    assert all(each.input.startswith("f([") for each in made)


def test_a_program_with_inputs_enough_gets_none(sandbox: Sandbox) -> None:
    assert grown(sandbox, BRANCHY, *(replace(TestCase("", None, None), stdin=f"{n}\n") for n in (1, 2)), wanted=2) == []


def test_a_program_that_fails_gets_none(sandbox: Sandbox) -> None:
    program = Program("stdin", "print(1 // 0)\n")
    solution = Solution("a", "p", "", program, None, (TestCase("1\n", None, None),), "tests", "CC0-1.0")
    planned = select_problem([Located(solution, "f", "f:1")], BuildOptions(("jsonl:f",))).planned
    run = Runs(sandbox)
    assert grow(planned, run(planned), run, wanted=3, seed=0) == []
