"""The recorder in C is the one in Python: the same bytes, on programs of every kind and past every limit."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.made_up import made_up_programs
from tests.tracing import Run, run
from tracer import native

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.txt"))


def both(code: str, **options: Any) -> tuple[Run, Run]:
    return run(code, recorder="python", **options), run(code, recorder="native", **options)


def assert_same(code: str, **options: Any) -> None:
    python, c = both(code, **options)
    assert (python.status, python.stdout) == (c.status, c.stdout)
    assert {**python.report, "recorder": "native"} == c.report
    assert python.log == c.log


def test_the_extension_is_built_here() -> None:
    assert native.BUILT


@pytest.mark.parametrize("probe", ["none", "branches", "full"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_both_leave_the_same_bytes(program: Path, probe: str) -> None:
    assert_same(program.read_text(), probe=probe)


@settings(max_examples=int(os.environ.get("NLEX_EXAMPLES", "40")), deadline=None)
@given(made_up_programs, st.sampled_from(["none", "full"]))
def test_both_leave_the_same_bytes_on_made_up_programs(code: str, probe: str) -> None:
    assert_same(code, probe=probe)


@pytest.mark.parametrize("events", [0, 1, 2, 7, 40])
def test_both_stop_at_the_same_event(events: int) -> None:
    assert_same("xs = []\nfor i in range(99):\n    xs.append([i])\n", max_events=events)


@pytest.mark.parametrize("size", [200, 300, 500, 1000])
def test_both_stop_at_the_same_byte(size: int) -> None:
    assert_same("xs = []\nfor i in range(999):\n    xs.append(str(i) * 9)\n", max_trace_bytes=size)


def test_it_takes_no_part_in_the_recursion_of_the_program() -> None:
    code = "def f(n):\n    print(n)\n    f(n + 1)\ntry:\n    f(0)\nexcept RecursionError:\n    pass\n"
    plain, traced = run(code, traced=False), run(code, recorder="native")
    # On 3.11 the interpreter counts its call of any trace function as one more level.
    assert len(plain.stdout.split()) - len(traced.stdout.split()) in (0, 1)


@pytest.mark.parametrize("deep", ["def f(n):\n    return f(n + 1)\n", "f = lambda n: f(n + 1)\n"])
def test_where_recursion_has_no_end_it_goes_on_and_the_one_in_python_says_that_it_cannot(deep: str) -> None:
    python, c = both(f"{deep}try:\n    f(0)\nexcept RecursionError:\n    print('too deep')\n")
    assert python.stdout == c.stdout == b"too deep\n"
    assert (c.report["installed"], c.report["detail"]) == (True, "")
    assert not python.report["installed"]
    assert "recursion limit, where the recorder in Python cannot follow" in python.report["detail"]


def test_without_it_the_recorder_in_python_is_used() -> None:
    code = (
        "import sys; sys.modules['tracer._native'] = None\n"
        "from tracer import native\n"
        "from tests.tracing import run\n"
        "done = run('x = 1\\nprint(x)')\n"
        "print(native.BUILT, done.report['mark'], done.stdout)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False end b'1\\n'\n"


def test_asked_for_where_it_is_missing_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("tracer.native"), "_native", None)
    done = run("x = 1", recorder="native")
    assert "reinstall nlex where there is a C compiler" in done.stderr.decode() + str(done.report)
