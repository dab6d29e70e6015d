"""A build that something goes wrong with: no row is lost or doubled, no half file has its name, and it goes on."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tqdm import tqdm

from pipelines.build_command import build
from pipelines.local_workers import LocalWorkers
from pipelines.options import BuildOptions
from pipelines.parts import PARTS_FOLDER, Workspace
from pipelines.plan import make_plan
from pipelines.unit import Task, part_key, run_unit
from sandbox import Sandbox, SandboxConfig
from tests.pipelines.corpora import stdin_row, varied_rows, write_rows
from tests.pipelines.reading import bytes_of, rows

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
IMPATIENT = "import sys, pipelines.watchdog as dog; dog.PATIENCE = 3; from pipelines.cli import main; sys.exit(main())"


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A source of several work units, whose programs take a moment each."""
    slow = [
        stdin_row(f"slow-{n}", f"import time\ntime.sleep(0.2)\nprint({n})\n", [{"input": "", "expected": f"{n}"}])
        for n in range(6)
    ]
    return write_rows(tmp_path_factory.mktemp("source") / "rows.jsonl", *varied_rows(20), *slow)


@pytest.fixture(scope="module")
def expected(few: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an undisturbed build leaves."""
    output = tmp_path_factory.mktemp("undisturbed")
    build(BuildOptions((few,), sandbox="process"), output)
    return bytes_of(output)


def start(source: str, output: Path, *more: str, program: str = "") -> subprocess.Popen[str]:
    """A build in a process group of its own."""
    run = ["-c", program] if program else ["-m", "pipelines.cli"]
    arguments = ["build", source, "--output", str(output), "--sandbox", "process", *more]
    return subprocess.Popen(
        [sys.executable, *run, *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_busy(output: Path, running: subprocess.Popen[str]) -> list[int]:
    """Until workers are in the middle of units, and their process ids."""
    while running.poll() is None:
        busy = []
        for path in (output / PARTS_FOLDER / "pulse").glob("*.json"):
            state = json.loads(path.read_bytes())
            busy += [state["pid"]] * any("doing" in each for each in state["busy"])
        if busy:
            return sorted(busy)
        time.sleep(0.05)
    raise AssertionError(running.communicate()[1])


def no_half_file(output: Path) -> None:
    """Every file under its final name is whole; a manifest is there only with all that it lists."""
    for path in output.rglob("*.parquet"):
        pq.ParquetFile(path).read()
    if (output / "manifest.json").exists():
        listed = json.loads((output / "manifest.json").read_bytes())["files"]
        assert all((output / each["path"]).exists() for each in listed)


def finish(source: str, output: Path, expected: dict[str, str]) -> None:
    """Goes on with a disturbed build and compares what it leaves."""
    no_half_file(output)
    build(BuildOptions((source,), sandbox="process"), output)
    assert bytes_of(output) == expected
    ids = Counter(row["id"] for config in ("nlex", "rejects") for row in rows(output, config))
    assert set(ids.values()) == {1}


def test_a_worker_killed_in_the_middle_of_a_unit(few: str, expected: dict[str, str], tmp_path: Path) -> None:
    running = start(few, tmp_path, "--workers", "2")
    os.kill(wait_until_busy(tmp_path, running)[0], signal.SIGKILL)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 3
    assert "a worker process died" in said
    finish(few, tmp_path, expected)


def test_a_worker_that_is_stuck(few: str, expected: dict[str, str], tmp_path: Path) -> None:
    running = start(few, tmp_path, "--workers", "2", program=IMPATIENT)
    stopped = wait_until_busy(tmp_path, running)[0]
    os.kill(stopped, signal.SIGSTOP)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 3
    assert f"a worker is stuck (process {stopped}, unit b" in said
    assert "Run the same command again" in said
    finish(few, tmp_path, expected)


def test_a_worker_that_lasts_longer_than_its_programs_may(tmp_path: Path) -> None:
    from pipelines.pulse import Monitor

    state = {"node": os.uname().nodename, "pid": os.getpid(), "beats": 1}
    unit = {"unit": "b01", "doing": "running p-1", "until": time.monotonic() + 100}
    (tmp_path / "worker.json").write_text(json.dumps(state | {"busy": [unit]}))
    monitor = Monitor(tmp_path, patience=5)
    assert monitor.stuck() is None
    (tmp_path / "worker.json").write_text(json.dumps(state | {"busy": [unit | {"until": time.monotonic() - 1}]}))
    assert monitor.stuck() == (os.getpid(), f"a worker is stuck (process {os.getpid()}, unit b01, running p-1)")


def test_an_idle_worker_is_left_alone(tmp_path: Path) -> None:
    from pipelines.pulse import Monitor

    state = {"node": "elsewhere", "pid": 1, "beats": 1, "busy": []}
    (tmp_path / "worker.json").write_text(json.dumps(state))
    monitor = Monitor(tmp_path, patience=2)
    assert [monitor.stuck() for _ in range(5)] == [None] * 5


def test_a_worker_elsewhere_that_went_silent_in_a_unit(tmp_path: Path) -> None:
    from pipelines.pulse import Monitor

    state = {"node": "elsewhere", "pid": 7, "beats": 1, "busy": [{"unit": "b1", "until": 0}]}
    (tmp_path / "worker.json").write_text(json.dumps(state))
    monitor = Monitor(tmp_path, patience=2)
    assert [monitor.stuck() for _ in range(3)][-1] == (None, "a worker is stuck (process 7 on elsewhere, unit b1)")


def test_ctrl_c(few: str, expected: dict[str, str], tmp_path: Path) -> None:
    running = start(few, tmp_path, "--workers", "2")
    wait_until_busy(tmp_path, running)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    finish(few, tmp_path, expected)


def test_bundles_done_again_after_each_success(few: str, expected: dict[str, str], tmp_path: Path) -> None:
    running = start(few, tmp_path, "--workers", "1", "--", "--direct_runner_bundle_repeat=2")
    _, said = running.communicate(timeout=120)
    assert running.returncode == 0, said
    assert bytes_of(tmp_path) == expected


@contextmanager
def disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own at a folder, until the end of the context."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize(
    ("small", "large"), [(f"{PARTS_FOLDER}/prose", "."), (".", PARTS_FOLDER)], ids=["in a unit", "in a shard"]
)
def test_a_full_disk(few: str, expected: dict[str, str], tmp_path: Path, small: str, large: str) -> None:
    sizes = {small: "4k", large: "64m"}
    with ExitStack() as disks:
        for name in sorted(sizes):
            disks.enter_context(disk(tmp_path / name, sizes[name]))
        running = start(few, tmp_path, "--workers", "1")
        _, said = running.communicate(timeout=120)
        assert running.returncode == 3, said
        assert "No space left on device" in said
        assert "Run the same command again" in said
        assert not [path for path in (tmp_path / small).rglob("*.tmp") if path.parent.name != "pulse"]
        subprocess.run(["mount", "-o", "remount,size=64m", tmp_path / small], check=True)
        finish(few, tmp_path, expected)


def test_a_worker_that_ends_while_it_holds_the_lock_of_progress_bars() -> None:
    tqdm(total=1, file=io.StringIO()).close()
    with LocalWorkers(0):
        worker = os.fork()
        if not worker:
            tqdm.get_lock().acquire()
            os._exit(0)
        os.waitpid(worker, 0)
        updated = threading.Thread(target=tqdm(total=1, file=io.StringIO()).update, daemon=True)
        updated.start()
        updated.join(timeout=20)
        assert not updated.is_alive()


def test_a_sandbox_that_is_lost_on_the_way(few: str, expected: dict[str, str], tmp_path: Path) -> None:
    running = start(few, tmp_path, "--workers", "1")
    wait_until_busy(tmp_path, running)
    for pid in supervisors_of(running.pid):
        os.kill(pid, signal.SIGKILL)
    _, said = running.communicate(timeout=120)
    assert running.returncode == 0, said
    assert bytes_of(tmp_path) == expected


def supervisors_of(pid: int) -> list[int]:
    """The processes that a worker has started: its jail."""
    return [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]


def test_one_program_that_burns_its_whole_time_among_many(tmp_path: Path) -> None:
    spins = stdin_row("spins", "while True:\n    pass\n", time_limit_s=10)
    many = [*varied_rows(40), spins]
    options = BuildOptions((write_rows(tmp_path / "rows.jsonl", *many),), sandbox="process")
    manifest = build(options, tmp_path / "out")
    executions = manifest["executions"]
    assert executions["rejects"] == {"sandbox/cpu_limit": 1}
    assert executions["told"] == executions["inputs"] - 1


def test_two_workers_on_one_unit_at_a_time_leave_one_part(tmp_path: Path) -> None:
    options = BuildOptions((write_rows(tmp_path / "rows.jsonl", *varied_rows(3)),), sandbox="process")
    workspace = Workspace(tmp_path / "out")
    workspace.make()
    (unit, *_) = make_plan(options, workspace).units
    task = Task(unit, part_key(unit, options))
    part = workspace.prose(unit.bucket, task.key)
    with Sandbox(SandboxConfig(backend="process")) as sandbox:
        run_unit(task, options, workspace, lambda fresh: sandbox)
        first = part.read_bytes()
        part.unlink()
        run_unit(task, options, workspace, lambda fresh: sandbox)
    assert part.read_bytes() == first
    assert not list(workspace.root.rglob("*.tmp"))
