"""Every hostile program gets a verdict that its header allows, and the next program notices nothing.

A header says `# expect:` verdicts, and may say `# stdout:` (a bytes literal, when the run is ok),
`# lacks:` (a bytes literal that stdout must not hold), `# rc:` the exit status, `# tracer: 1` that it
attacks its own trace, `# trace:` the integrity that its trace must have, `# maxwall:` the seconds after
which an answer must be there, and `# hostfile:` a path that must not come to be on this machine.
"""

import ast
import dataclasses
import re
from pathlib import Path

import pytest

from sandbox import Sandbox, traced_limits
from sandbox.integrity import judge_trace
from schemas.job import Job, Limits, Program
from schemas.outcome import Outcome
from tests.attacks.traces_left import LeftBehind
from tracer.replay import State
from tracer.wire import decode

HERE = Path(__file__).parent
FOLDERS = (HERE / "programs", HERE.parents[2] / "shared" / "attacks")
PROGRAMS = [path for folder in FOLDERS for path in sorted(folder.glob("*.py"))]
LIMITS = Limits(cpu_s=1, wall_s=1.5, memory_bytes=256 << 20, output_bytes=1 << 20)
PROBE = Job(
    Program("stdin", "import os\nprint(os.listdir('/tmp'), [(n, n * n) for n in range(5)])\n"),
    limits=Limits(cpu_s=1, wall_s=10),
)


def header(code: str) -> dict[str, str]:
    return dict(re.findall(r"^# (\w+): (.*)$", code, re.MULTILINE))


def limits_of(told: dict[str, str]) -> Limits:
    """The limits of an attack; no clock stops one on memory first, for page faults can be slow."""
    if "memory_limit" in told["expect"].split(","):
        return dataclasses.replace(LIMITS, cpu_s=20, wall_s=30)
    return LIMITS


def holds(told: dict[str, str], outcome: Outcome) -> None:
    """What the header says of a run's outcome."""
    assert outcome.verdict in told["expect"].split(","), outcome
    if "stdout" in told and outcome.verdict == "ok":
        assert outcome.stdout == ast.literal_eval(told["stdout"])
    if "lacks" in told:
        assert ast.literal_eval(told["lacks"]) not in outcome.stdout
    if "rc" in told:
        assert outcome.exit_code == int(told["rc"])
    if "maxwall" in told:
        assert outcome.wall_s < float(told["maxwall"])
    if "hostfile" in told:
        assert not Path(ast.literal_eval(told["hostfile"])).exists()


def test_there_are_enough_of_them():
    assert len(PROGRAMS) >= 80 + len(list(FOLDERS[1].glob("*.py"))) // 2


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_attack_comes_to_what_its_header_says_traced_and_untraced_and_harms_nothing(
    box: Sandbox, left_behind: LeftBehind, path: Path
):
    code = path.read_text()
    told = header(code)
    limits = limits_of(told)
    program = Program("stdin", code.replace("PORT", "22"))
    before = box.run(PROBE).stdout
    untraced = box.run(Job(program, limits=limits))
    holds(told, untraced)
    after = box.run(PROBE)
    assert (after.verdict, after.stdout) == ("ok", before)
    if untraced.verdict in ("ok", "runtime_error"):
        traced, report = box.examine(Job(program, limits=traced_limits(limits), traced=True))
        assert traced.verdict != "sandbox_error"
        integrity, why = judge_trace(untraced, traced, report)
        if "tracer" in told:
            assert integrity in ("tampered", "lost"), why
        if "trace" in told:
            assert integrity == told["trace"], why
        after = box.run(PROBE)
        assert (after.verdict, after.stdout) == ("ok", before)
    assert left_behind.since_the_start() == []


ON_THEIR_TRACE = [path for path in PROGRAMS if "tracer" in header(path.read_text())]


@pytest.mark.parametrize("path", ON_THEIR_TRACE, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_recorder_in_python_is_as_hard_to_deceive(box: Sandbox, path: Path, python_recorder: None):
    program = Program("stdin", path.read_text())
    untraced = box.run(Job(program, limits=LIMITS))
    traced, report = box.examine(Job(program, limits=traced_limits(LIMITS), traced=True))
    assert report.recorder in ("python", "")
    integrity, why = judge_trace(untraced, traced, report)
    assert integrity in ("tampered", "lost"), why


@pytest.mark.parametrize("recorder", ["native", "python"])
@pytest.mark.parametrize("name", ["patched_builtins", "objects_that_lie", "builtins_of_the_interpreter"])
def test_a_trace_that_counts_tells_what_was_so_whatever_the_program_pretends(
    box: Sandbox, name: str, recorder: str, request: pytest.FixtureRequest
):
    if recorder == "python":
        request.getfixturevalue("python_recorder")
    code = (HERE / "programs" / f"{name}.py").read_text()
    told = header(code)
    _, report = box.examine(Job(Program("stdin", code), limits=traced_limits(LIMITS), traced=True))
    assert report.recorder == recorder
    state = State()
    for event in decode(report.trace).events:
        state.step(event)
    assert state.frames[0].names["x"] == 3
    assert bytes(state.stdout) == ast.literal_eval(told["stdout"])
