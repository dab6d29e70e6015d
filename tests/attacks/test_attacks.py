"""Every hostile program gets a verdict that its header allows, and the next program notices nothing.

A header says `# expect:` verdicts, and may say `# stdout:` (a bytes literal, when the run is ok),
`# lacks:` (a bytes literal that stdout must not hold), `# rc:` the exit status, `# tracer: 1` that it
attacks its own trace, and `# hostfile:` a path that must not come to be on this machine.
"""

import ast
import re
from pathlib import Path

import pytest

from sandbox import Sandbox, observe
from schemas.job import Job, Limits, Program

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


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_attack_comes_to_what_its_header_says_and_harms_nothing(box: Sandbox, path: Path):
    code = path.read_text()
    told = header(code)
    before = box.run(PROBE).stdout
    outcome = box.run(Job(Program("stdin", code.replace("PORT", "22")), limits=LIMITS))
    assert outcome.verdict in told["expect"].split(","), outcome
    if "stdout" in told and outcome.verdict == "ok":
        assert outcome.stdout == ast.literal_eval(told["stdout"])
    if "lacks" in told:
        assert ast.literal_eval(told["lacks"]) not in outcome.stdout
    if "rc" in told:
        assert outcome.exit_code == int(told["rc"])
    if "hostfile" in told:
        assert not Path(ast.literal_eval(told["hostfile"])).exists()
    after = box.run(PROBE)
    assert (after.verdict, after.stdout) == ("ok", before)


TAMPERING = [path for path in PROGRAMS if "tracer" in header(path.read_text())]


@pytest.mark.parametrize("path", TAMPERING, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_attack_on_the_trace_never_yields_one_that_is_believed(box: Sandbox, path: Path):
    observation = observe(box, Program("stdin", path.read_text()), limits=LIMITS)
    assert observation.outcome.trace_integrity in ("tampered", "lost")
    assert observation.outcome.trace is None
