"""One execution observed: verdict from the untraced run, trace from the traced one."""

import pytest

from sandbox import Input, Observation, Sandbox, observe, observe_all
from schemas.job import Limits, Program
from tracer.wire import decode

LIMITS = Limits(cpu_s=2, wall_s=5, memory_bytes=128 << 20, output_bytes=100_000)


def watch(box: Sandbox, code: str, stdin: str = "", limits: Limits = LIMITS) -> Observation:
    return observe(box, Program("stdin", code), stdin=stdin, limits=limits)


def test_a_plain_program_has_a_complete_trace(box):
    observation = watch(box, "n = int(input())\nprint(n * 2)\n", "4\n")
    assert observation.outcome.verdict == "ok"
    assert (observation.outcome.trace_integrity, observation.traced_detail) == ("complete", "")
    assert observation.outcome.trace is not None
    assert decode(observation.outcome.trace).events


def test_a_call_is_traced_too(box):
    program = Program("function", "def f(x):\n    return x + 1\n")
    observation = observe(box, program, call="f(3)", limits=LIMITS)
    assert (observation.outcome.value, observation.outcome.trace_integrity) == ("4", "complete")


def test_the_same_execution_gives_the_same_bytes(box):
    code = "d = {}\nfor w in input().split():\n    d[w] = d.get(w, 0) + 1\nprint(d)\n"
    assert watch(box, code, "a b a").outcome.trace == watch(box, code, "a b a").outcome.trace


def test_a_program_that_fails_is_traced_to_its_end(box):
    observation = watch(box, "x = [1]\nprint(x[0])\nx[5]\n")
    assert observation.outcome.verdict == "runtime_error"
    assert observation.outcome.trace_integrity == "complete"


def test_a_trace_over_its_limit_is_kept_as_truncated(box):
    limits = Limits(cpu_s=2, wall_s=5, max_events=100)
    observation = watch(box, "t = 0\nfor i in range(1000):\n    t += i\nprint(t)\n", limits=limits)
    assert observation.outcome.stdout == b"499500\n"
    assert observation.outcome.trace_integrity == "truncated"
    assert observation.outcome.trace


def test_no_trace_is_taken_of_what_a_limit_ended(box):
    observation = watch(box, "while True: print('x' * 1000)")
    assert (observation.outcome.verdict, observation.outcome.trace_integrity) == ("output_limit", None)


def test_no_trace_is_taken_where_none_is_asked_for(box):
    observation = observe(box, Program("stdin", "print(1)"), limits=LIMITS, trace=False)
    assert (observation.outcome.stdout, observation.outcome.trace) == (b"1\n", None)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("print(*{'spam', 'ham', 'eggs', 'bacon', 'toast', 'beans'})", "the order of a set (line 1: `{'spam'"),
        ("print(*{'a', 'b'})  # the first two hash seeds agree on these", "the order of a set (line 1"),
        ("import time\nx = time.perf_counter_ns()\nprint('done')", "the clock (line 2: `time.perf_counter_ns()`)"),
        ("from time import time as now\nprint(now())", "the clock (line 2: `now()`)"),
        ("import random\nprint(random.random())", "without a seed (line 2: `random.random()`)"),
        ("import os\nprint(os.urandom(4))", "random bytes of the system (line 2: `os.urandom(4)`)"),
        ("import uuid\nprint(uuid.uuid4())", "random bytes of the system (line 2"),
        ("print(id([]))", "addresses of objects (line 1: `id([])`)"),
        ("print(hash('a'))", "hashes of strings (line 1: `hash('a')`)"),
        ("class A:\n    pass\nprint(A())", "it prints the address of an object"),
    ],
)
def test_what_differs_between_runs_is_nondeterministic_and_says_why(box, code, why):
    observation = watch(box, code)
    assert why in observation.nondeterministic
    assert observation.outcome.trace is None


def test_random_numbers_with_a_seed_are_deterministic(box):
    assert watch(box, "import random\nrandom.seed(3)\nprint(random.random())").nondeterministic == ""


def test_a_program_that_sorts_its_set_is_deterministic(box):
    assert watch(box, "print(sorted({'spam', 'ham', 'eggs'}))").nondeterministic == ""


def test_a_program_that_removes_the_recorder_loses_its_trace_and_keeps_its_verdict(box):
    observation = watch(box, "import sys\nsys.settrace(None)\nprint(1)\n")
    assert (observation.outcome.verdict, observation.outcome.stdout) == ("ok", b"1\n")
    assert observation.outcome.trace_integrity == "tampered"
    assert observation.outcome.trace is None
    assert "settrace" in observation.traced_detail


def test_inputs_observed_together_come_to_what_they_come_to_alone(box):
    program = Program("stdin", "n = int(input())\nt = [k * k for k in range(n)]\nprint(100 // n, t)\n")
    inputs = [Input("3\n"), Input("0\n"), Input("seven\n"), Input("8\n")]
    together = observe_all(box, program, inputs, limits=LIMITS)
    for given, seen in zip(inputs, together, strict=True):
        alone = observe(box, program, stdin=given.stdin, limits=LIMITS).outcome
        assert (seen.outcome.verdict, seen.outcome.stdout, seen.outcome.error) == (
            alone.verdict,
            alone.stdout,
            alone.error,
        )
        assert (seen.outcome.trace, seen.outcome.trace_integrity) == (alone.trace, alone.trace_integrity)


def test_calls_observed_together_have_a_trace_each(box):
    program = Program("function", "def f(x):\n    return x * 2\n")
    seen = observe_all(box, program, [Input(call=f"f({n})") for n in range(3)], limits=LIMITS)
    assert [each.outcome.value for each in seen] == ["0", "2", "4"]
    assert len({each.outcome.trace for each in seen}) == 3
    assert {each.outcome.trace_integrity for each in seen} == {"complete"}


def test_no_input_is_no_run(box):
    assert observe_all(box, Program("stdin", "print(1)"), [], limits=LIMITS) == []
