"""What this machine can do for the sandbox, found by trying, and how to mend what it cannot."""

import json
import os
import platform
from dataclasses import dataclass

from sandbox.config import Backend, SandboxConfig, SandboxUnavailable
from sandbox.pool import Sandbox
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
_REMEDY = {
    "a user of its own": "run as root, or use Docker",
    "no view of this machine's files": "run as root, or use Docker, before you run strangers' programs",
    "namespaces of its own": "use Docker, or run with SYS_ADMIN",
}


@dataclass(frozen=True)
class Check:
    """One finding: whether it is well, what was found, and what to do about what is missing."""

    name: str
    well: bool
    detail: str
    remedy: str = ""


def _host_marks() -> str:
    net = os.readlink("/proc/self/ns/net") if os.path.exists("/proc/self/ns/net") else ""
    return json.dumps({"net": net, "uid": os.getuid(), "file": os.path.abspath(__file__)})


def _try(config: SandboxConfig) -> Check:
    name = f"{config.backend} sandbox"
    job = Job(Program("stdin", _PROBE), _host_marks(), limits=Limits(cpu_s=5, wall_s=30))
    try:
        with Sandbox(config) as sandbox:
            outcome = sandbox.run(job)
    except (SandboxUnavailable, OSError) as error:
        return Check(name, False, "cannot be used", str(error))
    if outcome.verdict != "ok":
        said = outcome.stderr_tail.decode(errors="replace").strip()
        return Check(name, False, f"a probe came to {outcome.verdict}", outcome.detail or said)
    guards: dict[str, bool] = json.loads(outcome.stdout)
    missing = [guard for guard, held in guards.items() if not held]
    held = ", ".join(guard for guard, holds in guards.items() if holds)
    detail = f"a job has {held}" + (f"; it lacks {', '.join(missing)}" if missing else "")
    return Check(name, True, detail, "; ".join(sorted({_REMEDY.get(guard, "use Docker") for guard in missing})))


def examine(config: SandboxConfig) -> list[Check]:
    """Try the machine, the wanted backend first and then the other."""
    other: Backend = "process" if config.backend == "docker" else "docker"
    system = f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}"
    return [
        Check("machine", True, system),
        _try(config),
        _try(SandboxConfig(backend=other, image=config.image, runtime=config.runtime)),
    ]
