"""The same sources and options give the same bytes, whoever does the work and however often."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines.build_command import build
from pipelines.curation.options import Curation
from pipelines.options import BuildOptions
from pipelines.parts import PARTS_FOLDER
from sandbox import Input, Observation, Sandbox, observe_all
from schemas.job import Program
from tests.pipelines.corpora import varied_rows, write_rows
from tests.pipelines.reading import bytes_of

ROOT = Path(__file__).parents[2]


def start(source: str, output: Path) -> subprocess.Popen[str]:
    """A build with two workers in a process of its own."""
    command = [sys.executable, "-m", "pipelines.cli", "build", source, "--output", str(output), "--workers", "2"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def public_inputs(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The tests or calls of a row that are run."""
    return [test for test in row.get("tests") or row["calls"] if not test.get("hidden")]


def wait_for_a_part(output: Path, running: subprocess.Popen[str]) -> None:
    """Until a first unit is done."""
    while running.poll() is None and not list((output / PARTS_FOLDER / "prose").glob("b*.zip")):
        time.sleep(0.1)
    assert running.poll() is None, running.communicate()[1]


def workers_of(driver: int) -> list[int]:
    """The processes that the driver has started."""
    return [int(pid) for task in Path(f"/proc/{driver}/task").glob("*/children") for pid in task.read_text().split()]


def test_two_workers_leave_the_bytes_of_one(source: str, corpus: Path, tmp_path: Path) -> None:
    running = start(source, tmp_path)
    _, said = running.communicate(timeout=200)
    assert running.returncode == 0, said
    assert bytes_of(tmp_path) == bytes_of(corpus)


def test_repeated_bundles_leave_the_same_bytes(source: str, corpus: Path, tmp_path: Path) -> None:
    build(BuildOptions((source,)), tmp_path, workers=1, beam=["--direct_runner_bundle_repeat=2"])
    assert bytes_of(tmp_path) == bytes_of(corpus)


def test_a_killed_build_goes_on_and_leaves_the_same_bytes(source: str, corpus: Path, tmp_path: Path) -> None:
    running = start(source, tmp_path)
    wait_for_a_part(tmp_path, running)
    running.kill()
    running.communicate()
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / PARTS_FOLDER / "prose").glob("b*.zip")}
    build(BuildOptions((source,)), tmp_path, workers=1)
    assert bytes_of(tmp_path) == bytes_of(corpus)
    assert all(path.stat().st_mtime_ns == written for path, written in done.items())


def test_a_build_killed_again_and_again_at_random_moments_leaves_the_same_bytes(
    source: str, corpus: Path, tmp_path: Path
) -> None:
    chance = random.Random(6)
    for _ in range(6):
        running = start(source, tmp_path)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(timeout=chance.uniform(0.5, 9))
        # Its workers are not killed with it, and the next build begins before they notice.
        running.kill()
        running.wait()
        assert running.returncode in (0, -signal.SIGKILL), running.communicate()[1]
    build(BuildOptions((source,)), tmp_path, workers=1)
    assert bytes_of(tmp_path) == bytes_of(corpus)


def test_new_problems_are_all_that_a_second_build_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few, more = tmp_path / "few.jsonl", tmp_path / "more.jsonl"
    build(BuildOptions((write_rows(few, *varied_rows(6)),), sandbox="process"), tmp_path / "grown", workers=1)
    ran: list[int] = []

    def counted(sandbox: Sandbox, program: Program, inputs: Sequence[Input], **more: Any) -> list[Observation]:
        ran.append(len(inputs))
        return observe_all(sandbox, program, inputs, **more)

    monkeypatch.setattr("pipelines.unit.observe_all", counted)
    source = write_rows(more, *varied_rows(8))
    build(BuildOptions((source,), sandbox="process"), tmp_path / "grown", workers=1)
    assert sum(ran) == sum(len(public_inputs(row)) for row in varied_rows(8)[6:])
    monkeypatch.undo()
    build(BuildOptions((source,), sandbox="process"), tmp_path / "fresh", workers=1)
    assert bytes_of(tmp_path / "grown") == bytes_of(tmp_path / "fresh")


def test_other_options_start_clean_and_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_rows(tmp_path / "rows.jsonl", *varied_rows(6))
    build(BuildOptions((source,), sandbox="process"), tmp_path / "out", workers=1)
    assert "starting clean" not in capsys.readouterr().err
    changed = BuildOptions((source,), sandbox="process", curation=Curation(max_inputs=1))
    build(changed, tmp_path / "out", workers=1)
    assert "the options changed (max_inputs: None -> 1): starting clean" in capsys.readouterr().err
    build(changed, tmp_path / "fresh", workers=1)
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "fresh")
    assert len(list((tmp_path / "out" / PARTS_FOLDER / "prose").iterdir())) == len(
        list((tmp_path / "fresh" / PARTS_FOLDER / "prose").iterdir())
    )


def test_a_worker_that_dies_ends_the_build_with_a_hint(source: str, tmp_path: Path) -> None:
    running = start(source, tmp_path)
    wait_for_a_part(tmp_path, running)
    os.kill(workers_of(running.pid)[0], signal.SIGKILL)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 3
    assert "a worker process died" in said
    assert "Run the same command again" in said


def test_an_interrupted_build_ends_with_130(source: str, tmp_path: Path) -> None:
    running = start(source, tmp_path)
    wait_for_a_part(tmp_path, running)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "Run the same command again" in said


def test_a_finished_build_is_not_done_again(source: str, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bytes_of(corpus)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    build(BuildOptions((source,)), corpus, workers=1)
    assert bytes_of(corpus) == before
