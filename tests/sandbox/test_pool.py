"""What the pool does when a jail breaks, and what it leaves behind: nothing."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from sandbox import Sandbox, SandboxConfig, SandboxUnavailable
from schemas.job import Job, Limits, Program

ROOT = Path(__file__).parents[2]
ANSWER = Job(Program("stdin", "print(6 * 7)"), limits=Limits(cpu_s=1, wall_s=10))
CLIENT = """
import sys
from sandbox import Sandbox, SandboxConfig
from schemas.job import Job, Limits, Program
sandbox = Sandbox(SandboxConfig(backend=sys.argv[1]))
sandbox.run(Job(Program("stdin", "print(1)")))
print("ready", flush=True)
sandbox.run(Job(Program("stdin", "import time; time.sleep(600)"), limits=Limits(cpu_s=5, wall_s=600)))
"""


def containers(owner: int) -> list[str]:
    engine = docker.from_env()
    found = engine.containers.list(all=True, filters={"label": "nlex.sandbox"})
    return [box.id for box in found if box.labels["nlex.owner"].startswith(f"{owner}@")]


def descendants(owner: int) -> list[int]:
    """Living processes below `owner`, read from the kernel."""
    found = []
    for task in Path(f"/proc/{owner}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *descendants(child)]
    return found


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def eventually(done: Callable[[], bool]) -> bool:
    give_up = time.monotonic() + 30
    while not done():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.1)
    return True


def start_client(backend: str) -> "subprocess.Popen[bytes]":
    client = subprocess.Popen([sys.executable, "-c", CLIENT, backend], cwd=ROOT, stdout=subprocess.PIPE)
    assert client.stdout is not None
    assert client.stdout.readline() == b"ready\n"
    return client


def test_no_container_outlives_a_client_that_is_killed():
    client = start_client("docker")
    assert containers(client.pid)
    client.kill()
    client.communicate()
    assert eventually(lambda: not containers(client.pid))


def test_no_process_outlives_a_client_that_is_killed():
    client = start_client("process")
    below = descendants(client.pid)
    assert len(below) >= 2
    client.kill()
    client.communicate()
    assert eventually(lambda: not any(map(alive, below)))


def jails() -> set[int | str]:
    """What this process's sandboxes run now: containers, and processes of process jails."""
    own = {pid for pid in descendants(os.getpid()) if b"from jail." in Path(f"/proc/{pid}/cmdline").read_bytes()}
    return own | set(containers(os.getpid()))


@pytest.mark.parametrize("backend", ["docker", "process"])
def test_closing_a_sandbox_leaves_nothing(backend):
    before = jails()
    with Sandbox(SandboxConfig(backend=backend)) as sandbox:
        sandbox.run(ANSWER)
        assert jails() - before
    assert eventually(lambda: not jails() - before)


@pytest.mark.parametrize("backend", ["docker", "process"])
def test_a_jail_that_dies_is_replaced_and_the_job_done_by_the_next(backend):
    before = jails()
    with Sandbox(SandboxConfig(backend=backend)) as sandbox:
        assert sandbox.run(ANSWER).stdout == b"42\n"
        for jail in jails() - before:
            if isinstance(jail, int):
                os.kill(jail, signal.SIGKILL)
            else:
                docker.APIClient().kill(jail)
        outcome = sandbox.run(ANSWER)
    assert (outcome.verdict, outcome.stdout) == ("ok", b"42\n")


def test_a_job_larger_than_the_jail_gets_a_larger_jail(box):
    job = Job(Program("stdin", "x = bytearray(1500 << 20); print(len(x))"), limits=Limits(5, 20, 2 << 30))
    assert box.run(job).stdout == b"1572864000\n"


def test_without_an_engine_the_error_names_the_remedy(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with Sandbox(SandboxConfig()) as sandbox, pytest.raises(SandboxUnavailable, match="--sandbox process"):
        sandbox.run(ANSWER)


def test_an_image_that_is_not_there_is_told():
    config = SandboxConfig(image="nlex-no-such-image:1")
    with Sandbox(config) as sandbox, pytest.raises(SandboxUnavailable, match="nlex-no-such-image"):
        sandbox.run(ANSWER)


def test_a_closed_sandbox_runs_nothing():
    sandbox = Sandbox(SandboxConfig())
    sandbox.close()
    with pytest.raises(SandboxUnavailable, match="closed"):
        sandbox.run(ANSWER)


def test_a_config_travels_to_another_process():
    config = SandboxConfig(backend="process", slots=3)
    assert pickle.loads(pickle.dumps(config)) == config


@pytest.mark.parametrize("wrong", [{"backend": "vm"}, {"slots": 0}])
def test_a_config_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError):
        SandboxConfig(**wrong)
