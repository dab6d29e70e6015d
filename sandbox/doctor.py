"""What this machine can do for the sandbox, found by trying: the ladder of walls, and how to reach the next rung."""

import json
import os
import platform
from dataclasses import dataclass

from sandbox.config import Backend, JailBroken, SandboxConfig, SandboxUnavailable
from sandbox.levels import LEVELS, RUNGS, Level, is_below
from sandbox.pool import Sandbox
from sandbox.slot import jail_level
from schemas.job import Job, Limits, Program

# Runs as a job: each try that the jail refuses is a guard that holds.
_PROBE = """
import json, os, socket
host = json.loads(input())
def refused(act):
    try:
        act()
    except OSError:
        return True
    return False
def namespaces():
    if not os.path.exists("/proc/self/ns/net") or os.readlink("/proc/self/ns/net") == host["net"]:
        return
    raise OSError
def user():
    if os.getuid() != host["uid"]:
        raise OSError
print(json.dumps({
    "no network": refused(socket.socket),
    "no new processes": refused(lambda: os.fork() or os._exit(0)),
    "no file written": refused(lambda: open("/tmp/nlex-probe", "w")),
    "a user of its own": refused(user),
    "no view of this machine's files": refused(lambda: open(host["file"])),
    "namespaces of its own": refused(namespaces),
}))
"""
_RECORDERS = {"native": "the recorder is the one in C", "python": "the recorder is the slower one in Python"}
_MUST_HOLD = ("no network", "no new processes", "no file written")


@dataclass(frozen=True)
class Check:
    """One finding: whether it is well, what was found, and what to do about what is missing."""

    name: str
    well: bool
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class Step:
    """One rung of a backend's ladder: whether its guard is on, and what it means that it is or is not."""

    backend: Backend
    level: Level
    on: bool
    meaning: str
    mend: str = ""


@dataclass(frozen=True)
class Examination:
    """All that was found.

    Attributes:
        checks: of the machine, the wanted backend and the other one, in this order.
        ladder: a step for each level that a backend can reach, the weakest first; none where it cannot run.
    """

    checks: tuple[Check, ...]
    ladder: tuple[Step, ...]


def _host_marks() -> str:
    net = os.readlink("/proc/self/ns/net") if os.path.exists("/proc/self/ns/net") else ""
    folder = os.path.expanduser("~")
    files = (os.path.join(folder, name) for name in sorted(os.listdir(folder)))
    shown = next((name for name in files if os.path.isfile(name)), os.path.abspath(__file__))
    return json.dumps({"net": net, "uid": os.getuid(), "file": shown})


def _ladder(backend: Backend, reached: Level) -> tuple[Step, ...]:
    """The steps of a backend whose jail turned out to have this level."""
    top = LEVELS.index("namespaces") if backend == "process" else len(LEVELS) - 1
    steps = []
    for level in LEVELS[: top + 1]:
        on = not is_below(reached, level)
        rung = RUNGS[level]
        steps.append(Step(backend, level, on, rung.adds if on else rung.without, "" if on else rung.mend))
    return tuple(steps)


def _try(config: SandboxConfig) -> tuple[Check, tuple[Step, ...]]:
    name = f"{config.backend} sandbox"
    job = Job(Program("stdin", _PROBE), _host_marks(), limits=Limits(cpu_s=5, wall_s=30))
    try:
        with Sandbox(config) as sandbox:
            outcome = sandbox.run(job)
            (_, report) = sandbox.examine(Job(Program("stdin", "print(1)"), limits=job.limits, traced=True))
            jail = sandbox.slots[0].jail
            health = sandbox.slots[0].health()
    except (SandboxUnavailable, JailBroken, OSError) as error:
        return Check(name, False, "cannot be used", str(error)), ()
    if outcome.verdict != "ok" or jail is None or health is None:
        said = outcome.stderr_tail.decode(errors="replace").strip()
        return Check(name, False, f"a probe came to {outcome.verdict}", outcome.detail or said), ()
    guards: dict[str, bool] = json.loads(outcome.stdout)
    missing = [guard for guard, held in guards.items() if not held]
    held = ", ".join(guard for guard, holds in guards.items() if holds)
    level = jail_level(config, health, jail.host_kernel)
    ladder = _ladder(config.backend, level)
    well = all(guards[guard] for guard in _MUST_HOLD)
    detail = f"level `{level}`; a job has {held}" + (f"; it lacks {', '.join(missing)}" if missing else "")
    detail += f"; the kernel that answers is {health.kernel}"
    detail += f"; {_RECORDERS.get(report.recorder, 'no recorder answers')}"
    well &= report.recorder in _RECORDERS
    mend = next((step.mend for step in ladder if not step.on), "")
    remedies = [f"for the next level: {mend}"] if mend else []
    if report.recorder == "python":
        remedies.append("for the recorder in C: reinstall nlex where there is a C compiler and Python's headers")
    return Check(name, well, detail, "; ".join(remedies)), ladder


def examine(config: SandboxConfig) -> Examination:
    """Try the machine, the wanted backend first and then the other; the weakest level is enough to be looked at."""
    other: Backend = "process" if config.backend == "docker" else "docker"
    system = f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}"
    checks = [Check("machine", True, system)]
    ladder: tuple[Step, ...] = ()
    for backend in (config.backend, other):
        check, steps = _try(SandboxConfig(backend, image=config.image, runtime=config.runtime, min_level="limits"))
        checks.append(check)
        ladder += steps
    return Examination(tuple(checks), ladder)
