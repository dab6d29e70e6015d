"""Thousands of mixed jobs, one in ten of them hostile: every verdict right, none lost, nothing grown, nothing left.

NLEX_SOAK_JOBS says how many (20,000 for a real soak); without it there are as many as a test run can bear.
"""

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from sandbox import Sandbox, SandboxConfig
from schemas.job import Job, Limits, Program
from schemas.outcome import Outcome
from tests.private_engine import PrivateEngine

ROOT = Path(__file__).parents[2]
JOBS = int(os.environ.get("NLEX_SOAK_JOBS", "0"))
QUICK = Limits(cpu_s=2, wall_s=10, memory_bytes=128 << 20, output_bytes=100_000)
IMPATIENT = Limits(cpu_s=1, wall_s=0.3, memory_bytes=128 << 20, output_bytes=100_000)


@dataclass(frozen=True)
class Case:
    """Jobs of one program, and what each must come to."""

    jobs: list[Job]
    verdicts: frozenset[str]
    stdout: list[bytes] | None = None


HOSTILE = [
    ("import ctypes; ctypes.string_at(0)", QUICK, {"runtime_error"}),
    ("import os; os.kill(os.getpid(), 9)", QUICK, {"runtime_error"}),
    ("import os; os.kill(-1, 9)", QUICK, {"runtime_error"}),
    ("import os; os.fork()", QUICK, {"runtime_error"}),
    ("while True: print('x' * 9999)", QUICK, {"output_limit"}),
    ("import os\nwhile True: os.write(2, b'x' * 9999)", QUICK, {"output_limit"}),
    ("x = [0] * 10**12", QUICK, {"memory_limit"}),
    ("x = []\nwhile True: x.append(bytes(10**7))", QUICK, {"memory_limit"}),
    ("import os; os.write(3, b'x' * 100); os._exit(7)", QUICK, {"runtime_error"}),
    ("import time; time.sleep(100)", IMPATIENT, {"timeout"}),
    ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", IMPATIENT, {"timeout"}),
    ("def f(): f()\nf()", QUICK, {"runtime_error"}),
    ("x = '", QUICK, {"compile_error"}),
    ("import sys; sys.settrace(None); print(1)", QUICK, {"ok"}),
    ("import os; os.closerange(0, 50); os._exit(5)", QUICK, {"runtime_error"}),
    ("while True: pass", Limits(cpu_s=1, wall_s=10), {"cpu_limit"}),
]


def cases(count: int) -> Iterator[Case]:
    """That many jobs, in an order of their own, the same each time."""
    hostile = itertools.cycle(HOSTILE)
    square = Program("stdin", "n = int(input())\nt = 0\nfor i in range(n):\n    t += i\nprint(t)\n")
    large = Program("stdin", "import sys\ndata = sys.stdin.read()\nprint(len(data), data[-3:])\n")
    double = Program("function", "def double(x):\n    return [x, x]\n")
    made = 0
    while made < count:
        kind = made % 10
        if kind == 9:
            code, limits, verdicts = next(hostile)
            case = Case([Job(Program("stdin", code), limits=limits)], frozenset(verdicts))
        elif kind == 4:
            case = Case([Job(large, f"{'z' * 300_000}{made}\n", limits=QUICK)], frozenset({"ok"}))
        elif kind == 5:
            case = Case([Job(double, call=f"double({made})", limits=QUICK)], frozenset({"ok"}))
        elif kind == 6:
            case = Case([Job(square, "9\n", limits=QUICK, traced=True)], frozenset({"ok"}), [b"36\n"])
        elif kind == 7:
            together = [Job(square, f"{n}\n", limits=QUICK) for n in (made, 1, 5)]
            case = Case(together, frozenset({"ok"}), [f"{made * (made - 1) // 2}\n".encode(), b"0\n", b"10\n"])
        else:
            answer = [f"{made * (made - 1) // 2}\n".encode()]
            case = Case([Job(square, f"{made}\n", limits=QUICK)], frozenset({"ok"}), answer)
        made += 1
        yield case


def wrong(case: Case, outcomes: list[Outcome]) -> list[str]:
    """What came out other than it must, in words."""
    found = [f"{outcome}" for outcome in outcomes if outcome.verdict not in case.verdicts]
    if case.stdout is not None and [outcome.stdout for outcome in outcomes] != case.stdout:
        found.append(f"{outcomes}: not {case.stdout}")
    return found


def soak(sandbox: Sandbox, count: int, at_half: threading.Event) -> tuple[int, list[str], list[int]]:
    """Run the cases on two threads: how many came back, what was wrong, and the jails' memory as it went."""
    done = itertools.count()
    memory: list[int] = []
    lock = threading.Lock()

    def one(case: Case) -> list[str]:
        outcomes = sandbox.run_all(case.jobs)
        number = next(done)
        if number == count // 2:
            at_half.set()
        if number % (count // 20) == 0:
            with lock:
                memory.extend(slot.memory_bytes for slot in sandbox.slots[:1] if slot.memory_bytes)
        return wrong(case, outcomes)

    with ThreadPoolExecutor(2) as threads:
        faults = [fault for found in threads.map(one, cases(count)) for fault in found]
    return next(done), faults, memory


@pytest.mark.parametrize(("backend", "bearable"), [("docker", 2000), ("process", 500)])
def test_a_long_mixed_run_has_every_verdict_right_and_does_not_grow(backend, bearable):
    count = JOBS or bearable
    with Sandbox(SandboxConfig(backend=backend, slots=2)) as sandbox:
        for case in cases(220):  # until both slots have a zygote for every hash seed, and have been asked
            sandbox.run_all(case.jobs)
        back, faults, memory = soak(sandbox, count, threading.Event())
    assert faults == []
    assert back == count
    early, late = memory[: len(memory) // 2], memory[len(memory) // 2 :]
    assert sum(late) / len(late) < 1.05 * sum(early) / len(early), memory


WORKER = """
from sandbox import Sandbox, SandboxConfig
from schemas.job import Job, Limits, Program
with Sandbox(SandboxConfig()) as sandbox:
    while True:
        sandbox.run(Job(Program("stdin", "import time; time.sleep(0.01); print(1)"), limits=Limits(5, 30)))
        print("ran", flush=True)
"""


def test_an_engine_restarted_and_a_worker_killed_in_the_middle_lose_no_job(monkeypatch):
    with PrivateEngine() as engine:
        monkeypatch.setenv("DOCKER_HOST", engine.url)
        half = threading.Event()
        worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, stdout=subprocess.PIPE)
        assert worker.stdout is not None and worker.stdout.readline() == b"ran\n"
        count = JOBS or 400

        def disturb() -> None:
            half.wait(600)
            worker.kill()
            worker.communicate()
            client = docker.APIClient(base_url=engine.url)
            give_up = time.monotonic() + 2
            while client.containers(filters={"label": f"nlex.owner={worker.pid}"}) and time.monotonic() < give_up:
                time.sleep(0.05)
            left.append(client.containers(filters={"label": f"nlex.owner={worker.pid}"}))
            engine.restart()

        left: list[object] = []
        disturber = threading.Thread(target=disturb)
        disturber.start()
        with Sandbox(SandboxConfig(slots=2)) as sandbox:
            back, faults, _ = soak(sandbox, count, half)
            disturber.join()
            assert sandbox.run(Job(Program("stdin", "print(1)"), limits=QUICK)).stdout == b"1\n"
        assert left == [[]]
        assert faults == []
        assert back == count
        assert docker.APIClient(base_url=engine.url).containers(filters={"label": "nlex.sandbox"}) == []
