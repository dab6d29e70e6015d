"""Whoever runs the units, threads, processes, workers elsewhere or another engine: the corpus is the same bytes."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.build_command import build
from pipelines.options import BuildOptions
from pipelines.parts import PARTS_FOLDER
from pipelines.unit_log import LOG_FILE
from tests.pipelines.corpora import varied_rows, write_rows
from tests.pipelines.reading import bytes_of

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {
    # A pool starts its workers as `python`, and they are to see this tree.
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
}
JARS = {name: os.environ.get(f"NLEX_{name}_JOB_SERVER_JAR") for name in ("FLINK", "SPARK")}


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(port: int, *command: str, within_s: float = 90) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process group of its own, from when it listens until the end of the context."""
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as running:
        try:
            give_up = time.monotonic() + within_s
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert running.poll() is None and time.monotonic() < give_up, f"{command} does not listen"
                time.sleep(0.2)
            yield running
        finally:
            os.killpg(running.pid, 15)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A source of four work units."""
    return write_rows(tmp_path_factory.mktemp("source") / "rows.jsonl", *varied_rows(20))


@pytest.fixture(scope="module")
def expected(few: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a build in memory leaves."""
    output = tmp_path_factory.mktemp("in-memory")
    build(BuildOptions((few,), sandbox="process"), output, workers=1)
    return bytes_of(output)


def built(source: str, output: Path, *beam: str) -> dict[str, str]:
    """What `nlex build` with these arguments for Beam leaves."""
    command = [sys.executable, "-m", "pipelines.cli", "build", source, "--output", str(output), "--sandbox", "process"]
    done = subprocess.run(
        [*command, "--", *beam], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return bytes_of(output)


@pytest.mark.parametrize("mode", ["multi_threading", "multi_processing"])
def test_two_local_workers(few: str, expected: dict[str, str], tmp_path: Path, mode: str) -> None:
    assert built(few, tmp_path, "--direct_num_workers=2", f"--direct_running_mode={mode}") == expected


def test_the_job_service_with_workers_in_the_driver(few: str, expected: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    service = "apache_beam.runners.portability.local_job_service_main"
    with serving(port, sys.executable, "-m", service, f"--port={port}", f"--staging_dir={tmp_path / 'staged'}"):
        beam = ("--runner=PortableRunner", f"--job_endpoint=localhost:{port}", "--environment_type=LOOPBACK")
        assert built(few, tmp_path / "out", *beam) == expected


def test_two_workers_of_a_pool_that_stands_for_another_host(few: str, expected: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    pool = "apache_beam.runners.worker.worker_pool_main"
    with serving(port, sys.executable, "-m", pool, f"--service_port={port}"):
        where = ("--environment_type=EXTERNAL", f"--environment_config=localhost:{port}")
        assert built(few, tmp_path / "two", "--direct_num_workers=2", *where) == expected
    lines = (tmp_path / "two" / PARTS_FOLDER / LOG_FILE).read_text().splitlines()
    assert len({json.loads(line)["worker"] for line in lines}) == 2


def test_the_job_service_with_a_worker_of_a_pool(few: str, expected: dict[str, str], tmp_path: Path) -> None:
    port, job_port = free_port(), free_port()
    pool = "apache_beam.runners.worker.worker_pool_main"
    service = "apache_beam.runners.portability.local_job_service_main"
    with (
        serving(port, sys.executable, "-m", pool, f"--service_port={port}"),
        serving(job_port, sys.executable, "-m", service, f"--port={job_port}", f"--staging_dir={tmp_path / 'staged'}"),
    ):
        where = ("--environment_type=EXTERNAL", f"--environment_config=localhost:{port}")
        beam = ("--runner=PortableRunner", f"--job_endpoint=localhost:{job_port}", *where)
        assert built(few, tmp_path / "out", *beam) == expected


def test_dask(few: str, expected: dict[str, str], tmp_path: Path) -> None:
    port, first, second = free_port(), free_port(), free_port()
    dask = (sys.executable, "-m", "dask")
    quiet = ("--no-dashboard", "--host", "127.0.0.1")
    worker = (f"tcp://127.0.0.1:{port}", "--nthreads=1", "--no-nanny", f"--local-directory={tmp_path / 'dask'}")
    with (
        serving(port, *dask, "scheduler", f"--port={port}", *quiet),
        serving(first, *dask, "worker", *worker, f"--worker-port={first}", *quiet),
        serving(second, *dask, "worker", *worker, f"--worker-port={second}", *quiet),
    ):
        runner = "--runner=apache_beam.runners.dask.dask_runner.DaskRunner"
        assert built(few, tmp_path / "out", runner, f"--dask_client_address=tcp://127.0.0.1:{port}") == expected


@pytest.mark.parametrize("engine", JARS)
def test_a_job_server_of_another_engine(few: str, expected: dict[str, str], tmp_path: Path, engine: str) -> None:
    jar = JARS[engine]
    if jar is None:
        pytest.skip(f"NLEX_{engine}_JOB_SERVER_JAR names no job server of Beam's, which needs Java")
    port = free_port()
    ports = (f"--job-port={port}", "--artifact-port=0", "--expansion-port=0")
    with serving(port, "java", "-jar", jar, *ports, f"--artifacts-dir={tmp_path / 'staged'}"):
        beam = ("--runner=PortableRunner", f"--job_endpoint=localhost:{port}", "--environment_type=LOOPBACK")
        assert built(few, tmp_path / "out", *beam) == expected


def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path: Path) -> None:
    from pipelines.parts import Workspace
    from pipelines.unit_fn import see_workspace

    with pytest.raises(FileNotFoundError, match="give all workers the folder of --output under the same path"):
        see_workspace(Workspace(tmp_path / "elsewhere"))
