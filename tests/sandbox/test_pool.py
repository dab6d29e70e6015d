"""What the pool does when a jail breaks, and what it leaves behind: nothing."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from sandbox import Sandbox, SandboxConfig, SandboxUnavailable
from sandbox.image import image_tag
from sandbox.jail_client import Jail, Room
from sandbox.janitor import owner_labels, remove_orphans
from sandbox.process_backend import ProcessJail
from sandbox.slot import Slot
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
    """Containers of this owner, ended ones too."""
    return [box["Id"] for box in docker.APIClient().containers(all=True, filters={"label": f"nlex.owner={owner}"})]


def running(owner: int) -> list[str]:
    """Containers of this owner that still have a process."""
    return [box["Id"] for box in docker.APIClient().containers(filters={"label": f"nlex.owner={owner}"})]


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


def eventually(done: Callable[[], bool], within_s: float = 30) -> bool:
    give_up = time.monotonic() + within_s
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
    assert eventually(lambda: not running(client.pid), within_s=2)
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


def test_jails_that_went_while_idle_are_replaced_and_no_job_is_blamed():
    with Sandbox(SandboxConfig(slots=2)) as sandbox:
        for slot in sandbox.slots:
            list(slot.run([ANSWER], Room(1 << 30)))
        idle = containers(os.getpid())
        assert len(idle) == 2
        for container in idle:
            docker.APIClient().kill(container)
        assert eventually(lambda: not set(idle) & set(containers(os.getpid())))
        assert sandbox.run(ANSWER).stdout == b"42\n"
        assert [slot.kills for slot in sandbox.slots] == [0, 0]


@pytest.fixture
def lone(request) -> Iterator[tuple[Sandbox, Slot]]:
    """A sandbox of one slot in plain processes, and that slot."""
    with Sandbox(SandboxConfig(backend="process")) as sandbox:
        assert sandbox.run(ANSWER).stdout == b"42\n"
        yield sandbox, sandbox.slots[0]


def test_a_worn_jail_is_replaced_while_it_still_serves(lone, monkeypatch):
    sandbox, slot = lone
    monkeypatch.setattr("sandbox.slot.JOBS_A_JAIL", 5)
    first = slot.jail
    assert eventually(lambda: sandbox.run(ANSWER).stdout == b"42\n" and slot.jail is not first)


def test_a_jail_that_grows_is_replaced(lone, monkeypatch):
    sandbox, slot = lone
    monkeypatch.setattr("sandbox.slot.HEALTH_EVERY", 1)
    monkeypatch.setattr("sandbox.slot.DRIFT_BYTES", -1)
    first = slot.jail
    sandbox.run(ANSWER)
    assert eventually(lambda: sandbox.run(ANSWER).stdout == b"42\n" and slot.jail is not first)


def test_a_jail_is_asked_a_known_question_after_every_kill(lone, monkeypatch):
    sandbox, slot = lone
    asked = []
    monkeypatch.setattr("sandbox.slot.passes_canary", asked.append)
    first = slot.jail
    sandbox.run(ANSWER)
    assert asked == []
    sandbox.run(Job(Program("stdin", "while True: print('x' * 9999)"), limits=Limits(1, 5, output_bytes=1000)))
    assert asked == [first]


def test_a_jail_that_answers_the_known_question_wrongly_is_replaced(lone, monkeypatch):
    sandbox, slot = lone
    first = slot.jail
    monkeypatch.setattr("sandbox.slot._CANARY", Job(Program("stdin", "print('no')")))
    sandbox.run(Job(Program("stdin", "import os; os.kill(os.getpid(), 9)"), limits=Limits(1, 5)))
    monkeypatch.undo()
    assert sandbox.run(ANSWER).stdout == b"42\n"
    assert slot.jail is not first


class BreaksOnCue:
    """A slot's jail that hangs up whenever a job holds the word."""

    def __init__(self, jail: Jail) -> None:
        self._jail = jail
        self.room, self.host_kernel = jail.room, jail.host_kernel

    def send(self, data: bytes, timeout_s: float) -> None:
        if b"poison" in data:
            raise OSError("hung up")
        self._jail.send(data, timeout_s)

    def receive_exactly(self, count: int, timeout_s: float) -> bytes:
        return self._jail.receive_exactly(count, timeout_s)

    def has_stirred(self) -> bool:
        return self._jail.has_stirred()

    def close(self) -> str:
        return self._jail.close()


def test_a_job_that_breaks_two_jails_is_quarantined_and_its_neighbours_are_not(monkeypatch):
    opened = []

    def open_jail(room: Room) -> BreaksOnCue:
        opened.append(room)
        return BreaksOnCue(ProcessJail(room))

    monkeypatch.setattr("sandbox.pool._quarantined", set())
    with Sandbox(SandboxConfig(backend="process", slots=2), open_jail) as sandbox:
        program = Program("stdin", "print(input())")
        jobs = [Job(program, f"{word}\n", limits=Limits(1, 10)) for word in ("a", "b", "c")]
        poison = Job(program, "d\n# poison\n", limits=Limits(1, 10))
        bad = Job(Program("stdin", "print('poison')"), limits=Limits(1, 10))
        assert [outcome.stdout for outcome in sandbox.run_all(jobs)] == [b"a\n", b"b\n", b"c\n"]
        first = sandbox.run(bad)
        assert (first.verdict, "quarantined" in first.detail) == ("sandbox_error", True)
        spent = len(opened)
        assert sandbox.run(bad).detail.startswith("quarantined")
        assert len(opened) == spent
        together = sandbox.run_all([jobs[0], poison, jobs[1]])
        assert [outcome.verdict for outcome in together] == ["ok", "sandbox_error", "ok"]


def test_a_container_whose_owner_is_gone_is_removed_and_others_are_not():
    client = docker.APIClient()
    with Sandbox(SandboxConfig()) as sandbox:
        sandbox.run(ANSWER)
        (mine,) = containers(os.getpid()) or [""]
        labels = owner_labels() | {"nlex.owner": "999999999"}
        orphan = client.create_container(image_tag(), command=["/usr/local/bin/python3"], labels=labels)["Id"]
        assert orphan in remove_orphans(client)
        assert mine in containers(os.getpid())


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
