"""What the trace says of each part of the language, read and found right; the same on every Python and recorder."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tracer.reference import differences
from tests.tracer.story import tell
from tests.tracing import run

LANGUAGE = Path(__file__).parent / "language"
PROGRAMS = sorted(path.name.removesuffix(".py.txt") for path in LANGUAGE.glob("*.py.txt"))
ROOT = Path(__file__).parents[2]
TELL = """
import json, sys
from tests.tracer.story import tell
from tests.tracing import run
from tracer.wire import decode
for name, (code, stdin) in json.load(sys.stdin).items():
    logs = [run(code, stdin=stdin, recorder=recorder).log for recorder in ('python', 'native')]
    print(json.dumps([name, tell(decode(logs[0]), code), logs[0] == logs[1]]))
"""


def program(name: str) -> tuple[str, str]:
    given = LANGUAGE / f"{name}.stdin"
    return (LANGUAGE / f"{name}.py.txt").read_text(), given.read_text() if given.exists() else ""


def interpreter(version: str) -> str | None:
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    return str(found[-1]) if found else shutil.which(f"python{version}")


@pytest.mark.parametrize("recorder", ["python", "native"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_trace_tells_what_happens(name: str, recorder: str) -> None:
    code, stdin = program(name)
    assert tell(run(code, stdin=stdin, recorder=recorder).trace, code) == (LANGUAGE / f"{name}.story").read_text()


@pytest.mark.parametrize("probe", ["none", "full"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_replay_equals_the_naive_look(name: str, probe: str, tmp_path: Path) -> None:
    code, stdin = program(name)
    found, done = differences(code, tmp_path, stdin=stdin, probe=probe)
    assert found == []
    assert done.report["missed"] == 0


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_second_run_leaves_the_same_bytes(name: str) -> None:
    code, stdin = program(name)
    assert run(code, stdin=stdin).log == run(code, stdin=stdin).log


def build_extension(python: str, folder: Path) -> None:
    """A copy of the tracer with the recorder in C for another Python, as its own `setup.py` would make it."""
    asked = "import json, sysconfig as s; print(json.dumps([s.get_path('include'), s.get_config_var('EXT_SUFFIX')]))"
    include, suffix = json.loads(subprocess.run([python, "-c", asked], capture_output=True, check=True).stdout)
    shutil.copytree(ROOT / "tracer", folder / "tracer", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    source, target = folder / "tracer/_native.c", folder / f"tracer/_native{suffix}"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", f"-I{include}", str(source), "-o", str(target)], check=True)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_every_python_gives_the_same_trace_with_both_recorders(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    build_extension(python, tmp_path)
    told = subprocess.run(
        [python, "-c", TELL],
        input=json.dumps({name: program(name) for name in PROGRAMS}),
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = list(map(json.loads, told.stdout.splitlines()))
    assert [name for name, story, _ in rows if story != (LANGUAGE / f"{name}.story").read_text()] == []
    assert [name for name, _, same in rows if not same] == []


def test_threads_take_turns_in_the_same_way_each_time() -> None:
    code = program("threads_with_big_stacks")[0].replace(" or ", "\n")
    assert len({run(code, recorder="native").log for _ in range(5)}) == 1
