"""The job process J: gives everything up, then runs the program; nothing here returns to the zygote."""

import ctypes
import fcntl
import gc
import json
import os
import resource
import signal
import sys
from typing import Any, NoReturn

from tracer.program import run_program

from .seccomp import build_filter, install_filter

REPORT_FD = 3
_ARMED_FD = 4
_ABOVE = 32  # descriptors are moved up here first, so that moving them down overwrites none of them
_THREAD_STACKS = 256 << 20
_STACK = 64 << 20
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4


def _lower(which: int, soft: int, hard: int | None = None) -> None:
    """Set a limit, clamped to the hard limit in force (some kernels refuse to raise even for root)."""
    ceiling = resource.getrlimit(which)[1]
    wanted = soft if hard is None else hard
    top = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
    resource.setrlimit(which, (min(soft, top), top))


def _set_limits(order: dict[str, Any]) -> None:
    cpu = max(1, -int(-order["cpu_s"] // 1))
    _lower(resource.RLIMIT_CPU, cpu, cpu + 1)
    _lower(resource.RLIMIT_AS, order["memory_bytes"] + _THREAD_STACKS)
    _lower(resource.RLIMIT_FSIZE, order["file_bytes"])
    _lower(resource.RLIMIT_NOFILE, 64)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_MSGQUEUE, 0)
    ceiling = resource.getrlimit(resource.RLIMIT_STACK)[1]
    # Programs that raise their own stack limit are common, so the hard limit stays.
    stack = _STACK if ceiling == resource.RLIM_INFINITY else min(_STACK, ceiling)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, ceiling))
    if order["uid"] is not None:
        # The limit counts every process of a uid, so it means something only for a uid of the job's own.
        _lower(resource.RLIMIT_NPROC, 32)


def _give_up_privileges(uid: int | None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    # After the change of uid, which clears the first and resets the second; /dev/stdin needs the second.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    install_filter(build_filter(shared_uid=uid is None, pid=os.getpid()))


def _volunteer_for_oom() -> None:
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass  # no /proc in here: the address space limit still bounds the job


def _arrange_descriptors(descriptors: list[int]) -> dict[str, Any]:
    """Put stdin, stdout, stderr, report and armed on 0 to 4, close the rest, and return the program."""
    spec, *others = descriptors
    with os.fdopen(spec, "rb") as file:
        program: dict[str, Any] = json.load(file)
    raised = [fcntl.fcntl(fd, fcntl.F_DUPFD, _ABOVE) for fd in others]
    for target, fd in enumerate(raised):
        os.dup2(fd, target)
    os.closerange(_ARMED_FD + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return program


def run_job(order: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """Become the job: descriptors are [program, stdin, stdout, stderr, report, armed], the order is S's.

    `armed` gets one `+` when every guard is on; any other text there is why they are not, and nothing ran.
    """
    armed = descriptors[-1]
    try:
        os.setsid()
        _volunteer_for_oom()
        program = _arrange_descriptors(descriptors)
        armed = _ARMED_FD
        _set_limits(order)
        _give_up_privileges(order["uid"])
        gc.enable()
    except BaseException as error:
        os.write(armed, f"{type(error).__name__}: {error}".encode()[:4096])
        os._exit(1)
    os.write(armed, b"+")
    os.close(armed)
    status = 1
    try:
        status = run_program(program, REPORT_FD)
    except BaseException as error:
        print(f"the runner failed: {type(error).__name__}: {error}", file=sys.__stderr__, flush=True)
    finally:
        os._exit(status & 0xFF)
