"""Programs that mean no harm come to the same thing, byte for byte, wherever and beside however many they run."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import Input, Observation, Sandbox, SandboxConfig, observe_all
from schemas.job import Limits, Program

DATA = Path(__file__).parents[3] / "shared" / "data"
ROWS_A_FILE = 3
LIMITS = Limits(cpu_s=5, wall_s=30)
OWN = [
    Program("stdin", "print(sum(map(int, input().split())))\n"),
    Program("stdin", "import sys\nsys.stderr.write('x' * 9)\nfor c in {*sys.stdin.read()}: print(ord(c))\n"),
    Program("stdin", "def f(n): return f(n - 1)\ntry: f(9)\nexcept RecursionError as e: print(e)\n"),
    Program(
        "stdin", "import threading\nt = threading.Thread(target=print, args=(input(),))\nt.start(); t.join(); 1 / 0\n"
    ),
    Program("stdin", "import random, os\nprint(random.random(), sorted(os.environ), os.getcwd())\n"),
]


def asked() -> Iterator[tuple[Program, list[Input]]]:
    """Own programs, and the first of each file of the data."""
    for program in OWN:
        yield program, [Input("1 2 3\n"), Input("4\n")]
    for path in sorted(DATA.glob("func_*.jsonl")):
        for line in path.read_text().splitlines()[:ROWS_A_FILE]:
            row = json.loads(line)
            program = Program("function", row["code"], row.get("prelude") or "", row.get("setup") or "")
            yield program, [Input(call=each["call"]) for each in row["calls"][:2]]


def all_of(config: SandboxConfig) -> list[list[Observation]]:
    with Sandbox(config) as sandbox, ThreadPoolExecutor(config.slots) as threads:
        return list(threads.map(lambda each: observe_all(sandbox, each[0], each[1], limits=LIMITS), asked()))


def told(observation: Observation) -> tuple[object, ...]:
    outcome = observation.outcome
    if observation.nondeterministic:
        # A place in memory in its output: the run is refused, everywhere for the same reason.
        return outcome.verdict, outcome.trace, observation.nondeterministic
    return (
        *(outcome.verdict, outcome.exit_code, outcome.stdout, outcome.stderr_tail, outcome.value, outcome.error),
        *(outcome.trace_integrity, outcome.trace, observation.nondeterministic),
    )


@pytest.fixture(scope="module")
def in_one_container() -> list[list[Observation]]:
    return all_of(SandboxConfig("docker", 1))


def test_what_is_compared_is_runs_with_whole_traces(in_one_container):
    whole = [each for run in in_one_container for each in run if each.outcome.trace_integrity == "complete"]
    assert len(whole) > 0.8 * sum(map(len, in_one_container))


@pytest.mark.parametrize(
    "config", [SandboxConfig("docker", 2), SandboxConfig("process", 1), SandboxConfig("process", 2)]
)
def test_verdict_output_and_trace_are_those_of_one_container(in_one_container, config):
    for (program, _), here, there in zip(asked(), in_one_container, all_of(config), strict=True):
        assert list(map(told, here)) == list(map(told, there)), program.code
