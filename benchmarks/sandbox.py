"""What a job costs in each kind of sandbox, side by side in one run. Needs root, Docker and bubblewrap.

Ours runs in containers and in plain processes; beside it a `docker run` a job, a `docker exec` a job (through
the SDK, into a container that is there), a bubblewrap a job, a bare subprocess a job, and a fork server
without any isolation. CPU is that of everything involved: a private engine in a control group of its own,
this process and its children. Usage: python benchmarks/sandbox.py [--jobs N]
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import docker

from sandbox import Sandbox, SandboxConfig
from sandbox.image import HOME, PYTHON, image_tag
from sandbox.process_backend import jail_root
from schemas.job import Job, Limits, Program
from tests.private_engine import PrivateEngine
from tracer.program import prepare_program, run_prepared

CODE = "n = int(input())\nt = 0\nfor i in range(n):\n    t += i\nprint(t)\n"
TRIVIAL, TRACED = "5\n", "330\n"  # the second is a little over 1,000 events
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


def by_fork(traced: bool) -> Run:
    """A warm interpreter forked for each job, with pipes and nothing else."""

    def run(stdin: str) -> bytes:
        given, put = os.pipe()
        taken, got = (os.memfd_create("out"),) * 2 if traced else os.pipe()
        report = os.memfd_create("report")
        os.write(put, stdin.encode())
        os.close(put)
        pid = os.fork()
        if not pid:
            os.dup2(given, 0)
            os.dup2(got, 1)
            spec = {"kind": "stdin", "code": CODE, "prelude": "", "setup": "", "traced": traced, "probe": "full"}
            spec |= {"hash_seed": 0, "max_events": 10**6, "max_trace_bytes": 50_000_000}
            os._exit(run_prepared(prepare_program(spec), None, report))
        if not traced:
            os.close(got)
        os.waitpid(pid, 0)
        data = os.pread(taken, 1 << 20, 0) if traced else os.read(taken, 1 << 20)
        for fd in (given, taken, report):
            os.close(fd)
        return data

    return run


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


def measure(engine: PrivateEngine, side: str, run: Run, stdin: str, *, slots: int, count: int) -> Row:
    answer = f"{int(stdin) * (int(stdin) - 1) // 2}\n".encode()
    times: list[float] = []
    lock = threading.Lock()

    def one(_: int) -> None:
        began = time.perf_counter()
        assert run(stdin) == answer
        with lock:
            times.append(time.perf_counter() - began)

    for _ in range(2 * slots):
        one(0)
    times.clear()
    before, began = cpu_s(engine), time.perf_counter()
    if slots == 1:
        for number in range(count):
            one(number)
    else:
        with ThreadPoolExecutor(slots) as threads:
            list(threads.map(one, range(count)))
    wall, used = time.perf_counter() - began, cpu_s(engine) - before
    times.sort()
    job = "traced" if stdin == TRACED else "trivial" if stdin == TRIVIAL else "traced, long"
    p99 = times[min(len(times) - 1, int(0.99 * len(times)))]
    p50 = statistics.median(times)
    # bubblewrap leaves its process namespace to itself: nobody here reaps, and so counts, what ran inside.
    cpu_ms = None if side.startswith("bubblewrap") else used / count * 1e3
    return Row(side, job, slots, count / wall, p50 * 1e3, p99 * 1e3, cpu_ms)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200, help="jobs of our own a row; slower sides run fewer")
    count = parser.parse_args().jobs
    rows: list[Row] = []
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
                boxed.run(Job(Program("stdin", "")))
                image = image_tag()
                host = client.create_host_config(
                    network_mode="none", read_only=True, cap_drop=["ALL"], auto_remove=True
                )
                sleep = [PYTHON, "-c", "import time; time.sleep(10**6)"]
                box = client.create_container(image, command=sleep, host_config=host)["Id"]
                client.start(box)
                root = str(jail_root())
                wrap = ["bwrap", "--ro-bind", root, "/", "--unshare-all", "--cap-drop", "ALL", "--die-with-parent"]
                for traced, stdin in ((False, TRIVIAL), (True, TRACED)):
                    inside = [PYTHON, *command(traced, HOME)]
                    bare = [sys.executable, *command(traced, root + HOME)]
                    docker_run = ["docker", "-H", engine.url, "run", "--rm", "-i", *guards, image, *inside]
                    for side, run, jobs in (
                        ("ours, docker", by_ours(boxed, traced), count),
                        ("ours, process", by_ours(plain, traced), count),
                        ("bare fork server", by_fork(traced), count),
                        ("bare subprocess", by_subprocess(bare), count // 4),
                        ("bubblewrap a job", by_subprocess([*wrap, *inside]), count // 4),
                        ("docker exec a job", by_exec(engine.url, box, inside), count // 8),
                        ("docker run a job", by_subprocess(docker_run), count // 20),
                    ):
                        if slots > 1 and side == "bare fork server":
                            continue  # it has one thread, or its forks would not be sound
                        rows.append(measure(engine, side, run, stdin, slots=slots, count=max(4, jobs)))
                if slots == 1:
                    long = "8000\n"
                    for side, run in (("ours, docker", by_ours(boxed, True)), ("bare fork server", by_fork(True))):
                        rows.append(measure(engine, side, run, long, slots=1, count=max(4, count // 10)))
                client.remove_container(box, force=True)
    report(rows)


def report(rows: list[Row]) -> None:
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
    load = os.getloadavg()[0]
    print(f"Load of the machine at the end: {load:.1f} on {os.cpu_count()} processors.")
    print(json.dumps({"benchmark": "sandbox", "load": load, "rows": [row.__dict__ for row in rows]}))


if __name__ == "__main__":
    main()
