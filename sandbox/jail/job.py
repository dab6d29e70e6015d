"""The job process J: gives everything up, then runs the program; nothing here returns to the zygote.

A program with several inputs is held by a process P between the two: it gives up the same, compiles,
and forks a J for each input.
"""

import ctypes
import fcntl
import gc
import marshal
import os
import resource
import signal
import socket
import time
from typing import Any, NoReturn

from tracer.program import Prepared, prepare_program, run_prepared

from .landlock import Landlock
from .seccomp import build_filter, install_filter
from .zygote import serve

REPORT_FD = 3
_ARMED_FD = 4
_ABOVE = 32  # descriptors are moved up here first, so that moving them down overwrites none of them
_OPEN_FILES = 64
_THREAD_STACKS = 256 << 20
_STACK = 64 << 20
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_libc = ctypes.CDLL(None, use_errno=True)
_write, _exit = os.write, os._exit  # the program may replace them, and the way out is ours


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
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_MSGQUEUE, 0)
    ceiling = resource.getrlimit(resource.RLIMIT_STACK)[1]
    # Programs that raise their own stack limit are common, so the hard limit stays.
    stack = _STACK if ceiling == resource.RLIM_INFINITY else min(_STACK, ceiling)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, ceiling))
    if order["uid"] is not None:
        # The limit counts every process of a uid, so it means something only for a uid of the job's own.
        _lower(resource.RLIMIT_NPROC, 32)


def _drop_user(uid: int | None) -> None:
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    # After the change of uid, which clears it.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _volunteer_for_oom() -> None:
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass  # no /proc in here: the address space limit still bounds the job


def _arrange_descriptors(descriptors: list[int]) -> None:
    """Put stdin, stdout, stderr, report and armed on 0 to 4, and close the rest."""
    for target, fd in enumerate([fcntl.fcntl(fd, fcntl.F_DUPFD, _ABOVE) for fd in descriptors]):
        os.dup2(fd, target)
    _close_above(_ARMED_FD)


def _close_above(descriptor: int) -> None:
    os.closerange(descriptor + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _read_spec(descriptor: int) -> dict[str, Any]:
    """What the supervisor, of the same interpreter, has laid ready; `marshal` touches far less memory than JSON."""
    spec: dict[str, Any] = marshal.loads(os.pread(descriptor, os.fstat(descriptor).st_size, 0))
    return spec


def _run(prepared: Prepared, call: str | None) -> NoReturn:
    status = 1
    try:
        status = run_prepared(prepared, call, REPORT_FD)
    except BaseException as error:
        _write(2, f"the runner failed: {type(error).__name__}: {error}\n".encode(errors="replace"))
    finally:
        _exit(status & 0xFF)


class Roles:
    """What a forked process becomes; made in the zygote, so that a job finds its filters built."""

    def __init__(self, settings: dict[str, Any]) -> None:
        shared_uid = settings["uid"] is None
        self._job_filter = build_filter(shared_uid=shared_uid)
        self._program_filter = build_filter(shared_uid=shared_uid, may_fork=True)
        self._landlock = None if settings["readable"] is None else Landlock(settings["readable"])

    def become(self, order: dict[str, Any], descriptors: list[int]) -> NoReturn:
        """Become what the order says: a job, or the holder of a program."""
        if order["role"] == "program":
            self._hold_program(order, descriptors)
        spec, *others = descriptors
        wanted = _read_spec(spec)
        self._arm(order, others)
        _run(prepare_program(wanted["program"]), wanted["calls"][order["index"]])

    def _arm(self, order: dict[str, Any], descriptors: list[int], *, again: bool = False) -> None:
        """Put every guard up; descriptors are [stdin, stdout, stderr, report, armed].

        `armed` gets one `+` when that is done; any other text there is why it failed, and nothing runs then.
        `again` is for the child of a process that has given up its user already.
        """
        armed = descriptors[-1]
        try:
            os.setsid()
            if not again:
                _volunteer_for_oom()
                self._lock_files()
            _arrange_descriptors(descriptors)
            armed = _ARMED_FD
            _set_limits(order)
            _drop_user(None if again else order["uid"])
            # The change of uid resets it, and /dev/stdin needs it.
            _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
            install_filter(self._job_filter)
        except BaseException as error:
            os.write(armed, f"{type(error).__name__}: {error}".encode()[:4096])
            os._exit(1)
        os.write(armed, b"+")
        os.close(armed)

    def _lock_files(self) -> None:
        if self._landlock is not None:
            self._landlock.restrict()

    def _hold_program(self, order: dict[str, Any], descriptors: list[int]) -> NoReturn:
        """Compile the program of descriptors [program, channel] and serve its inputs' orders on the channel."""
        spec, channel = (fcntl.fcntl(fd, fcntl.F_DUPFD, _ABOVE) for fd in descriptors)
        orders = socket.socket(fileno=os.dup2(channel, _ARMED_FD))
        try:
            os.setsid()
            wanted = _read_spec(spec)
            _volunteer_for_oom()
            self._lock_files()
            os.dup2(1, 2)
            os.close(REPORT_FD)
            _close_above(_ARMED_FD)
            _set_limits(order)
            _drop_user(order["uid"])
            # Its jobs have its uid: only what is not dumpable keeps its memory and files from them.
            _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
            install_filter(self._program_filter)
        except BaseException as error:
            orders.send(f"{type(error).__name__}: {error}".encode()[:4096])
            os._exit(1)
        prepared = prepare_program(wanted["program"])
        gc.freeze()
        orders.send(f"+{time.process_time()}".encode())

        def run_input(order: dict[str, Any], descriptors: list[int]) -> NoReturn:
            self._arm(order, descriptors, again=True)
            _run(prepared, wanted["calls"][order["index"]])

        serve(orders, run_input)
        os._exit(0)
