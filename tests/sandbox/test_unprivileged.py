"""The process sandbox of a user without any privilege: weaker walls, the same verdicts."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.process_backend import unpack

ROOT = Path(__file__).parents[2]
NOBODY = 65534
CLIENT = """
import json, sys
from sandbox import Sandbox, SandboxConfig
from schemas.job import Job, Limits, Program
limits = Limits(cpu_s=1, wall_s=3, memory_bytes=256 << 20, output_bytes=1 << 20)
with Sandbox(SandboxConfig(backend="process")) as sandbox:
    for code in json.load(sys.stdin):
        outcome = sandbox.run(Job(Program("stdin", code), limits=limits))
        print(json.dumps([outcome.verdict, outcome.stdout.decode()]), flush=True)
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="without root, every test of the process backend is this one")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder that anyone may read, with an interpreter and our packages in it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    unpack(folder / "python", whole=True)
    for package in ("sandbox", "schemas", "tracer"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "home").mkdir()
    os.chown(folder / "home", NOBODY, NOBODY)
    subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
    yield folder
    shutil.rmtree(folder)


def as_nobody(home: Path, *codes: str) -> list[list[str]]:
    ran = subprocess.run(
        [str(home / "python/usr/local/bin/python3"), "-S", "-B", "-c", CLIENT],
        input=json.dumps(codes).encode(),
        cwd=home,
        env={"HOME": str(home / "home"), "PYTHONPATH": str(home)},
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        stdout=subprocess.PIPE,
        check=True,
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_programs_run_and_fail_as_anywhere_else(home):
    codes = [
        "print(6 * 7)",
        "1 / 0",
        "while True: pass",
        "while True: print('x' * 999)",
        "import os\nprint(os.getuid())",
    ]
    verdicts = as_nobody(home, *codes)
    assert [verdict for verdict, _ in verdicts] == ["ok", "runtime_error", "cpu_limit", "output_limit", "ok"]
    assert verdicts[-1][1] == f"{NOBODY}\n"


def test_attacks_reach_neither_the_supervisor_nor_the_users_files(home):
    programs = Path(__file__).parents[1] / "attacks" / "programs"
    names = ("kill_everyone", "signal_by_owner", "starve_the_parent", "read_other_memory", "leave_files")
    codes = [(programs / f"{name}.py").read_text() for name in names]
    mine = f"import os\nos.chmod({str(home / 'home')!r}, 0o777)"
    delete = f"import os\nos.rmdir({str(home / 'home')!r})"
    *attacks, changed, deleted, answer = as_nobody(home, *codes, mine, delete, "print(6 * 7)")
    assert {verdict for verdict, _ in attacks} <= {"ok", "runtime_error"}
    assert attacks[-2:] == [["ok", "[]\n"], ["ok", "[]\n"]]
    assert changed[0] == deleted[0] == "runtime_error"
    assert answer == ["ok", "42\n"]
