"""What is told of comprehensions and lambdas: how much, and that the program goes on as if it were not."""

from pathlib import Path

import pytest

from tests.tracing import Run, run, trace_program
from tracer.events import Cut, Inner, New, Opaque, Ref, Trace
from tracer.inner_budget import INNER_EVALUATIONS, INNER_SHARE
from tracer.replay import replay

both = pytest.mark.parametrize("recorder", ["python", "native"])


def inner(trace: Trace) -> list[Inner]:
    return [change for event in trace.events for change in event.changes if isinstance(change, Inner)]


def cuts(trace: Trace) -> list[int]:
    return [change.count for event in trace.events for change in event.changes if isinstance(change, Cut)]


def same_logs(code: str, **options: int) -> Run:
    python, c = (run(code, recorder=name, **options) for name in ("python", "native"))
    assert python.log == c.log
    return c


@pytest.mark.parametrize("probe", ["none", "branches"])
def test_only_full_probes_look_inside(probe: str) -> None:
    assert inner(run("print([x + 1 for x in (1, 2)], (lambda v: v * 2)(3))\n", probe=probe).trace) == []


def test_an_event_tells_so_many_evaluations_and_how_many_more_there_were() -> None:
    done = same_logs("a = [x * x for x in range(5000)]\nb = [x * x for x in range(3)]\nprint(a[-1])\n")
    changes = done.trace.events[1].changes
    assert sum(isinstance(change, Inner) for change in changes) == INNER_EVALUATIONS
    assert [change.value for change in changes if isinstance(change, Inner)][:6] == [0, 0, 1, 1, 2, 4]
    assert cuts(done.trace) == [2 * 5000 - INNER_EVALUATIONS]
    assert len(inner(done.trace)) == INNER_EVALUATIONS + 6
    assert done.stdout == b"24990001\n"


def test_a_round_counts_once_however_many_names_it_has() -> None:
    assert cuts(same_logs(f"a = [0 for x, y in [(1, 2)] * {INNER_EVALUATIONS + 1}]\n").trace) == [1]


def test_a_statement_that_makes_events_is_told_between_them() -> None:
    done = same_logs("def f(x):\n    return x\na = sum(f(x) + 1 for x in range(2000))\n", max_events=20_000)
    assert len(inner(done.trace)) == 3 * 2000
    assert cuts(done.trace) == []


def test_a_trace_has_a_part_of_its_bytes_for_them_and_stays_silent_once_that_is_spent() -> None:
    code = "t = 0\nfor i in range(200):\n    t += sum(x * 1000 for x in range(100))\nprint(t)\n"
    done = same_logs(code, max_trace_bytes=100_000)
    assert done.trace.mark == "end"
    assert len(done.log) < 100_000 / INNER_SHARE + 10_000
    told = len(inner(done.trace))
    assert told + sum(cuts(done.trace)) == 200 * 200
    assert 3_000 < told < 9_000
    silent = [event for event in done.trace.events if event.kind == "line"][-50:-2]
    assert [change.count for event in silent for change in event.changes if isinstance(change, Cut)] == [200] * 24


def test_an_object_too_large_for_what_is_left_is_not_told_and_rejects_nothing() -> None:
    done = same_logs("n = max(len(list(range(k))) for k in (3, 10**6))\nprint(n)\n")
    assert done.trace.mark == "end"
    assert cuts(done.trace) == [2]
    assert len(done.log) < 1000
    assert done.stdout == b"1000000\n"


@pytest.mark.parametrize(
    "value",
    ["'x' * 10**6", "b'x' * 10**6", "10**10**6", "[[0] * 10**5] * 3 + [[1]] * 10**6", "{k: k for k in range(10**5)}"],
)
def test_what_is_too_large_is_measured_before_it_is_told(value: str) -> None:
    done = same_logs(f"f = lambda: ({value}) is None\nprint(f())\n")
    assert done.stdout == b"False\n"
    assert done.trace.mark == "end"
    assert len(cuts(done.trace)) == 1
    assert len(done.log) < 20_000


def test_a_million_rounds_are_held_nowhere() -> None:
    done = same_logs("print(sum(x * x for x in range(10**6)))\n")
    assert cuts(done.trace) == [2 * 10**6 - INNER_EVALUATIONS]
    assert len(done.log) < 10_000


@both
def test_a_change_in_a_comprehension_is_seen_however_many_come_before_it(recorder: str) -> None:
    code = "q = [0]\n[q.append(x) for x in range(3000)]\nprint(len(q))\n"
    done = run(code, recorder=recorder)
    *_, (_, state) = replay(done.trace)
    assert state.look(state.frames[0].names["q"]).items == [0, *range(3000)]
    assert done.report["missed"] == 0


@both
def test_a_generator_that_nobody_asks_evaluates_nothing(recorder: str) -> None:
    trace = trace_program("g = (1 / 0 for x in [1])\nprint(g is None)\n", recorder=recorder).trace
    assert inner(trace) == []


@both
def test_an_object_that_nothing_keeps_is_told_as_any_other(recorder: str) -> None:
    trace = trace_program("n = [sum(row[:]) for row in [[1, 2]]]\n", recorder=recorder).trace
    changes = [change for event in trace.events for change in event.changes]
    row, copy = (one.value for one in inner(trace)[:2] if isinstance(one.value, Ref))
    made = {change.id: change.items for change in changes if isinstance(change, New)}
    assert row != copy
    assert sorted(made.values()) == [(1, 2), (1, 2), (3,)]
    assert made[copy.id] == (1, 2)


@both
def test_asynchronous_comprehensions_are_left_alone(recorder: str) -> None:
    code = (
        "import asyncio\nasync def numbers():\n    yield 1\n    yield 2\n"
        "async def main():\n    return [x + 1 async for x in numbers()], [y * 2 for y in (1, 2)]\n"
        "print(asyncio.run(main()))\n"
    )
    done = run(code, recorder=recorder)
    assert done.stdout == b"([2, 3], [2, 4])\n"
    assert [one.value for one in inner(done.trace)] == [1, 2, 2, 4]


_SAME = (Path(__file__).parent / "inner_scopes.txt").read_text().split("\n---\n")


@both
@pytest.mark.parametrize("code", _SAME)
def test_the_program_goes_on_as_if_nobody_looked(code: str, recorder: str) -> None:
    plain, traced = run(code, traced=False), run(code, recorder=recorder)
    assert (traced.stdout, traced.status) == (plain.stdout, plain.status)
    assert plain.stdout
    assert traced.report["missed"] == 0


_DEEP = (
    "import sys\nsys.setrecursionlimit({limit})\ndeepest = 0\ndef note(n):\n    global deepest\n    deepest = n\n"
    "f = lambda n: note(n) or f(n + 1)\ntry:\n    f(0)\nexcept RecursionError:\n    pass\nprint(deepest)\n"
)


@pytest.mark.parametrize("limit", [200, 1000, 3000])
def test_a_lambda_recurses_as_deep_as_ever(limit: int) -> None:
    code = _DEEP.format(limit=limit)
    plain, traced = (run(code, traced=traced, max_events=50_000, recorder="native") for traced in (False, True))
    # On 3.11 the interpreter counts its call of any trace function as one more level.
    assert int(plain.stdout) - int(traced.stdout) in (0, 1)


def test_objects_that_only_lead_somewhere_are_named() -> None:
    trace = trace_program("import math\nprint([math.sqrt(x) for x in (4, 9)])\n").trace
    assert [one.value for one in inner(trace)] == [
        4,
        Opaque("module", "math"),
        2.0,
        9,
        Opaque("module", "math"),
        3.0,
    ]
