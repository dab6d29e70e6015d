"""The laws of the tracer on real programs: one in so many of each file here, all of them with NLEX_ONE_IN=1."""

import json
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.tracer.reference import differences
from tests.tracing import Run, run

FILES = sorted((Path(__file__).parents[3] / "shared/data").glob("*.jsonl"))
ONE_IN = int(os.environ.get("NLEX_ONE_IN", "40"))
SKIPPED = int(os.environ.get("NLEX_FIRST", "0"))
"""How many of a file's rows come before the first; with each number below NLEX_ONE_IN every row has its turn."""
EVENTS = 200
"""What the naive look, which is quadratic, is asked to follow."""
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@dataclass(frozen=True)
class Case:
    """One program with its first input."""

    name: str
    code: str
    options: dict[str, Any]
    deterministic: bool


def cases(path: Path) -> Iterator[Case]:
    for line in path.read_text().splitlines()[SKIPPED::ONE_IN]:
        row = json.loads(line)
        if row["kind"] == "stdin":
            options = {"stdin": row["tests"][0]["input"]}
        else:
            options = {"call": row["calls"][0]["call"], "prelude": row["prelude"] or "", "setup": row["setup"] or ""}
        yield Case(row["id"], row["code"], options, row.get("deterministic", True))


def ended(done: Run) -> tuple[int, str, Any]:
    """What somebody outside sees of a run, but for addresses."""
    shown = f"{done.report.get('value')}\n{done.stdout.decode('utf-8', 'backslashreplace')}"
    return done.status, re.sub(r"0x[0-9a-f]+", "0x", shown), done.report.get("error")


def _but_for_closing(done: Run) -> list[tuple[Any, ...]]:
    """A trace's events without those of forgotten generators being closed: resumed, raising, left.

    What a recorder holds on to, and up to 3.12 what the interpreter keeps of a frame's names for a trace function in
    Python, decides when a generator that nobody asks any more is closed.
    """
    events = done.trace.events
    closing = {at for at, event in enumerate(events) if event.name == "GeneratorExit"}
    around = {at + step for at in closing for step in (-1, 0, 1)}
    return [(event.kind, event.span, event.name) for at, event in enumerate(events) if at not in around]


@every_file
def test_tracing_changes_no_program_and_both_recorders_leave_the_same_bytes(path: Path) -> None:
    for case in cases(path):
        plain = run(case.code, traced=False, cpu_s=4, **case.options)
        if plain.status == -signal.SIGKILL or not case.deterministic:
            continue
        python, c = (
            run(case.code, recorder=name, max_events=20_000, cpu_s=30, **case.options) for name in ("python", "native")
        )
        if -signal.SIGKILL in (python.status, c.status):
            continue
        again = run(case.code, recorder="python", max_events=20_000, **case.options) if python.log != c.log else python
        # Logs that differ from run to run are no matter of the recorder.
        if again.log == python.log:
            assert python.log == c.log or _but_for_closing(python) == _but_for_closing(c), f"{case.name}: two logs"
        if c.report["mark"] == "end":
            assert (case.name, ended(c)) == (case.name, ended(plain))
            assert (case.name, ended(python)) == (case.name, ended(plain))


@every_file
@pytest.mark.parametrize("probe", ["none", "full"])
def test_replay_equals_the_naive_look(path: Path, probe: str, tmp_path: Path) -> None:
    for case in cases(path):
        try:
            found, done = differences(case.code, tmp_path, max_events=EVENTS, probe=probe, cpu_s=5, **case.options)
        except TimeoutError:
            continue
        assert (case.name, found) == (case.name, [])
        assert (case.name, done.report["missed"]) == (case.name, 0)


@every_file
def test_a_look_at_everything_after_each_line_finds_no_missed_change(path: Path) -> None:
    for case in cases(path):
        done = run(case.code, audit=True, max_events=5_000, **case.options)
        assert (case.name, done.report["missed"]) == (case.name, 0)
