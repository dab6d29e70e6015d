"""What a job costs in each kind of sandbox, side by side in one run. Needs root, Docker and bubblewrap.

Ours runs in containers and in plain processes; beside it a `docker run` a job, a `docker exec` a job (through
the SDK, into a container that is there), a bubblewrap a job, a bare subprocess a job, and a lean fork server
without any isolation. CPU is that of everything involved: a private engine in a control group of its own,
this process and its children. The sides take turns, so that a noisy neighbour disturbs all of them alike. Then: what
a traced job of some 100 ms costs more than in the lean fork server, and how much later the job after an
attack is. Usage: python benchmarks/sandbox.py [--jobs N]
"""

import argparse
import json
import os
import resource
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import docker

from sandbox import Sandbox, SandboxConfig
from sandbox.image import HOME, PYTHON, image_tag
from sandbox.process_backend import jail_root
from schemas.job import Job, Limits, Program
from tests.private_engine import PrivateEngine

CODE = "n = int(input())\nt = 0\nfor i in range(n):\n    t += i\nprint(t)\n"
TRIVIAL, TRACED, LONG = "5\n", "330\n", "200000\n"  # the second is a little over 1,000 events, the third some 100 ms
ROUNDS = 5
LIMITS = Limits(max_events=10**6, max_trace_bytes=50_000_000)
RUNNER = """
import os, sys
sys.path.append({home!r})
from tracer.program import run_program
spec = dict(kind="stdin", code={code!r}, prelude="", setup="", call=None, probe="full", hash_seed=0,
            max_events=10**6, max_trace_bytes=50_000_000, traced=True)
out, report = os.memfd_create("o"), os.memfd_create("r")
back = os.dup(1)
os.dup2(out, 1)
run_program(spec, report)
os.write(back, os.pread(out, 1 << 20, 0))
os._exit(0)
"""
LEAN = """
import gc, os, struct, sys
sys.path.append({home!r})
from tracer.program import prepare_program, run_prepared
spec = dict(kind="stdin", code={code!r}, prelude="", setup="", call=None, probe="full", hash_seed=0,
            max_events=10**6, max_trace_bytes=50_000_000, traced={traced})
for _ in range(10):
    prepare_program(spec)
gc.collect()
gc.freeze()
take, give = sys.stdin.buffer, sys.stdout.buffer
while head := take.read(4):
    data = take.read(*struct.unpack(">I", head))
    given, put = os.pipe()
    os.write(put, data)
    os.close(put)
    got, report = os.memfd_create("o"), os.memfd_create("r")
    pid = os.fork()
    if not pid:
        os.dup2(given, 0)
        os.dup2(got, 1)
        os._exit(run_prepared(prepare_program(spec), None, report))
    os.waitpid(pid, 0)
    printed, told = (os.pread(fd, os.fstat(fd).st_size, 0) for fd in (got, report))
    give.write(struct.pack(">II", len(printed), len(told)) + printed + told)
    give.flush()
    for fd in (given, got, report):
        os.close(fd)
"""
HOSTILE = (
    "import ctypes; ctypes.string_at(0)",
    "import os; os.kill(os.getpid(), 9)",
    "import os\nwhile True: os.write(1, b'x' * 9999)",
    "x = []\nwhile True: x.append(bytearray(10**6))",
    "import threading\nfor _ in range(9): threading.Thread(target=lambda: exec('while True: pass')).start()",
    "import time; time.sleep(100)",
)
Run = Callable[[str], bytes]


@dataclass(frozen=True)
class Row:
    """One side's figures for one job at one concurrency."""

    side: str
    job: str
    slots: int
    jobs_a_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float | None


def command(traced: bool, home: str) -> list[str]:
    return ["-I", "-S", "-B", "-c", RUNNER.format(home=home, code=CODE) if traced else CODE]


def by_subprocess(arguments: list[str]) -> Run:
    return lambda stdin: subprocess.run(arguments, input=stdin.encode(), capture_output=True, check=True).stdout


def by_exec(url: str, container: str, arguments: list[str]) -> Run:
    """Through the SDK, with a client for each thread."""
    clients = threading.local()

    def run(stdin: str) -> bytes:
        if not hasattr(clients, "one"):
            clients.one = docker.APIClient(base_url=url)
        client = clients.one
        made = client.exec_create(container, arguments, stdin=True)["Id"]
        stream: Any = client.exec_start(made, socket=True)
        raw = getattr(stream, "_sock", stream)
        raw.sendall(stdin.encode())
        raw.shutdown(1)
        data = b""
        while chunk := raw.recv(65536):
            data += chunk
        stream.close()
        assert client.exec_inspect(made)["ExitCode"] == 0
        out = b""
        while data:
            kind, size = struct.unpack_from(">BxxxI", data)
            out, data = out + (data[8 : 8 + size] if kind == 1 else b""), data[8 + size :]
        return out

    return run


class LeanServer:
    """A small warm interpreter that forks itself for each job: pipes, no isolation, no limit, no verdict."""

    def __init__(self, home: str, traced: bool) -> None:
        code = LEAN.format(home=home, code=CODE, traced=traced)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, stdin: str) -> bytes:
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None and answers is not None
        asked.write(struct.pack(">I", len(stdin)) + stdin.encode())
        asked.flush()
        printed, told = struct.unpack(">II", answers.read(8))
        stdout = answers.read(printed)
        answers.read(told)
        return stdout

    def close(self) -> None:
        self._process.communicate()


def by_ours(sandbox: Sandbox, traced: bool) -> Run:
    program = Program("stdin", CODE)
    return lambda stdin: sandbox.run(Job(program, stdin, limits=LIMITS, traced=traced)).stdout


def cpu_s(engine: PrivateEngine) -> float:
    """CPU of the engine's group, and of this process and its ended and living children."""
    total = engine.cpu_s()
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total + living_s(os.getpid()) / os.sysconf("SC_CLK_TCK")


def living_s(pid: int) -> int:
    """Ticks of the living processes below this one, with what they have reaped."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            if "dockerd" not in Path(f"/proc/{child}/comm").read_text():
                total += sum(map(int, fields[11:15])) + living_s(int(child))
    return total


@dataclass
class Side:
    """One way to run jobs, and what has been seen of it so far."""

    name: str
    run: Run
    count: int
    times: list[float] = field(default_factory=list)
    wall_s: float = 0.0
    cpu_s: float = 0.0

    def go(self, engine: PrivateEngine, stdin: str, slots: int, count: int) -> None:
        """Run some jobs more."""
        answer = f"{int(stdin) * (int(stdin) - 1) // 2}\n".encode()

        def one(_: int) -> None:
            began = time.perf_counter()
            assert self.run(stdin) == answer
            self.times.append(time.perf_counter() - began)

        before, began = cpu_s(engine), time.perf_counter()
        if slots == 1:
            for number in range(count):
                one(number)
        else:
            with ThreadPoolExecutor(slots) as threads:
                list(threads.map(one, range(count)))
        self.wall_s += time.perf_counter() - began
        self.cpu_s += cpu_s(engine) - before

    def row(self, job: str, slots: int) -> Row:
        times = sorted(self.times)
        count = len(times)
        p99 = times[min(count - 1, int(0.99 * count))]
        # bubblewrap leaves its process namespace to itself: nobody here reaps, and so counts, what ran inside.
        cpu_ms = None if self.name.startswith("bubblewrap") else self.cpu_s / count * 1e3
        return Row(self.name, job, slots, count / self.wall_s, statistics.median(times) * 1e3, p99 * 1e3, cpu_ms)


def measure(engine: PrivateEngine, sides: list[Side], stdin: str, job: str, slots: int) -> list[Row]:
    """Run each side's jobs, the sides taking turns."""
    for side in sides:
        for _ in range(2 * slots):
            side.run(stdin)
    for _ in range(ROUNDS):
        for side in sides:
            side.go(engine, stdin, slots, max(1, side.count // ROUNDS))
    return [side.row(job, slots) for side in sides]


def open_all(sandbox: Sandbox) -> None:
    """Have every slot's jail opened before anything is measured."""
    slow = Job(Program("stdin", "import time; time.sleep(1)"))
    with ThreadPoolExecutor(len(sandbox.slots)) as threads:
        list(threads.map(sandbox.run, [slow] * len(sandbox.slots)))


def lateness_ms(sandbox: Sandbox) -> float:
    """How much later than an ordinary job the one after an attack is, at the median."""
    job = Job(Program("stdin", CODE), TRIVIAL, limits=LIMITS)
    tight = Limits(cpu_s=1, wall_s=0.3, memory_bytes=128 << 20, output_bytes=1 << 20)

    def timed() -> float:
        began = time.perf_counter()
        assert sandbox.run(job).verdict == "ok"
        return (time.perf_counter() - began) * 1e3

    plain, after = [], []
    for _ in range(5):
        for code in HOSTILE:
            sandbox.run(Job(Program("stdin", code), limits=tight))
            after.append(timed())
            plain += [timed() for _ in range(3)]
    return statistics.median(after) - statistics.median(plain)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200, help="jobs of our own a row; slower sides run fewer")
    count = parser.parse_args().jobs
    rows: list[Row] = []
    late: dict[str, float] = {}
    with PrivateEngine() as engine:
        os.environ["DOCKER_HOST"] = engine.url
        client = docker.APIClient(base_url=engine.url)
        guards = ["--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
        guards += ["--memory=1g", "--pids-limit=64", "--log-driver=none"]
        for slots in (1, 2):
            with (
                Sandbox(SandboxConfig("docker", slots)) as boxed,
                Sandbox(SandboxConfig("process", slots)) as plain,
            ):
                for sandbox in (boxed, plain):
                    open_all(sandbox)
                image = image_tag()
                host = client.create_host_config(
                    network_mode="none", read_only=True, cap_drop=["ALL"], auto_remove=True
                )
                sleep = [PYTHON, "-c", "import time; time.sleep(10**6)"]
                box = client.create_container(image, command=sleep, host_config=host)["Id"]
                client.start(box)
                root = str(jail_root())
                wrap = ["bwrap", "--ro-bind", root, "/", "--unshare-all", "--cap-drop", "ALL", "--die-with-parent"]
                for job, traced, stdin in (("trivial", False, TRIVIAL), ("traced", True, TRACED)):
                    inside = [PYTHON, *command(traced, HOME)]
                    bare = [sys.executable, *command(traced, root + HOME)]
                    docker_run = ["docker", "-H", engine.url, "run", "--rm", "-i", *guards, image, *inside]
                    lean = LeanServer(root + HOME, traced)
                    sides = [
                        Side("ours, docker", by_ours(boxed, traced), count),
                        Side("ours, process", by_ours(plain, traced), count),
                        Side("bare subprocess", by_subprocess(bare), count // 4),
                        Side("bubblewrap a job", by_subprocess([*wrap, *inside]), count // 4),
                        Side("docker exec a job", by_exec(engine.url, box, inside), count // 8),
                        Side("docker run a job", by_subprocess(docker_run), count // 20),
                    ]
                    if slots == 1:
                        sides.append(Side("lean fork server", lean.run, count))
                    rows += measure(engine, sides, stdin, job, slots)
                    if slots == 1 and traced:
                        long = [Side(side.name, side.run, max(ROUNDS, count // 8)) for side in (*sides[:2], sides[-1])]
                        rows += measure(engine, long, LONG, "traced, long", 1)
                    lean.close()
                if slots == 1:
                    late = {"docker": lateness_ms(boxed), "process": lateness_ms(plain)}
                client.remove_container(box, force=True)
    report(rows, late)


def report(rows: list[Row], late: dict[str, float]) -> None:
    ours = {(row.job, row.slots): row.cpu_ms or 0.0 for row in rows if row.side == "ours, docker"}
    print("| side | job | slots | jobs/s | p50 ms | p99 ms | CPU ms a job | times ours (docker) |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        used = (
            "not counted | "
            if row.cpu_ms is None
            else f"{row.cpu_ms:.2f} | {row.cpu_ms / ours[row.job, row.slots]:.2f}"
        )
        print(
            f"| {row.side} | {row.job} | {row.slots} | {row.jobs_a_second:.0f} | {row.p50_ms:.1f} "
            f"| {row.p99_ms:.1f} | {used} |"
        )
    long = {row.side: row.cpu_ms or 0.0 for row in rows if row.job == "traced, long"}
    for side in ("ours, docker", "ours, process"):
        more = 100 * (long[side] / long["lean fork server"] - 1)
        print(f"A long traced job costs {more:+.1f}% CPU of what it costs in the lean fork server ({side}).")
    for backend, ms in late.items():
        print(f"The job after an attack is {ms:+.1f} ms later at the median ({backend}).")
    load = os.getloadavg()[0]
    print(f"Load of the machine at the end: {load:.1f} on {os.cpu_count()} processors.")
    print(json.dumps({"benchmark": "sandbox", "load": load, "late_ms": late, "rows": [row.__dict__ for row in rows]}))


if __name__ == "__main__":
    main()
