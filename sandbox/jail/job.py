"""The job process J: gives everything up, then runs the program; nothing here returns to the zygote.

A program with several inputs is held by a process P between the two: it gives up the same, compiles,
and forks a J for each input.
"""

import ctypes
import gc
import marshal
import os
import resource
import signal
import socket
import time
from typing import Any, NoReturn

from tracer.program import Prepared, prepare_program, run_prepared

from . import scratch
from .seccomp import Filter, job_filter
from .zygote import serve

REPORT_FD = 3
_OPEN_FILES = 64
_THREAD_STACKS = 256 << 20
_FOR_ALL = {resource.RLIMIT_NOFILE: _OPEN_FILES, resource.RLIMIT_CORE: 0, resource.RLIMIT_MSGQUEUE: 0}
_STACK = 64 << 20
_PROCESSES = 32
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_prctl = ctypes.CDLL(None, use_errno=True).prctl
_prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)
_write, _exit = os.write, os._exit  # the program may replace them, and the way out is ours


def limit_all_jobs() -> None:
    """Set the limits that every job has, in the process that forks them."""
    for which, wanted in _FOR_ALL.items():
        most = _clamped(wanted, _ceiling(which))
        resource.setrlimit(which, (most, most))
    # Programs that raise their own stack limit are common, so the hard limit stays.
    ceiling = _ceiling(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (_clamped(_STACK, ceiling), ceiling))


def _ceiling(which: int) -> int:
    return resource.getrlimit(which)[1]


def _clamped(wanted: int, ceiling: int) -> int:
    """A limit within the hard limit in force: some kernels refuse to raise even for root."""
    return wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)


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
    """What a forked process becomes; made in the zygote, so that a job finds everything ready."""

    def __init__(self, uid: int | None) -> None:
        self._uid = uid
        self._filter = Filter(job_filter())
        self._ceilings = [_ceiling(which) for which in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE)]

    def become(self, order: tuple[int, ...], descriptors: list[int]) -> NoReturn:
        """Become what the order says: a job, or the holder of a program (an index below 0)."""
        index, *limits = order
        if index < 0:
            self._hold_program(limits, descriptors)
        spec, *streams = descriptors
        wanted = _read_spec(spec)
        self._arm(limits, streams)
        _run(prepare_program(wanted["program"]), wanted["calls"][index])

    def _arm(self, limits: list[int], streams: list[int], *, again: bool = False) -> None:
        """Put every guard up that the zygote has not; descriptors are [stdin, stdout, stderr, report].

        The report begins with a `+` when that is done; any other text there is why it failed, and nothing
        runs then. `again` is for the child of a process that has given up its user already.
        """
        report = streams[-1]
        try:
            os.setsid()
            # Each is above its target and none is above one that is still to be moved: 0 to 2 were taken.
            for target, descriptor in enumerate(streams):
                os.dup2(descriptor, target)
            report = REPORT_FD
            os.closerange(REPORT_FD + 1, _OPEN_FILES)
            *bounds, scratched = limits
            self._set_limits(*bounds)
            self._drop_user(None if again else self._uid)
            if scratched:
                os.chdir(scratch.FOLDER)
            # The change of uid resets it, and /dev/stdin needs it.
            _prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
            self._filter.install()
        except BaseException as error:
            os.write(report, f"{type(error).__name__}: {error}".encode()[:4096])
            os._exit(1)
        os.write(REPORT_FD, b"+")

    def _set_limits(self, cpu_s: int, memory_bytes: int, file_bytes: int) -> None:
        most_cpu, most_memory, most_file = self._ceilings
        hard = _clamped(cpu_s + 1, most_cpu)
        resource.setrlimit(resource.RLIMIT_CPU, (min(cpu_s, hard), hard))
        memory = _clamped(memory_bytes + _THREAD_STACKS, most_memory)
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        file = _clamped(file_bytes, most_file)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))

    def _drop_user(self, uid: int | None) -> None:
        if uid is not None:
            # The limit counts every process of a uid, so it means something only for a uid of the job's own.
            most = _clamped(_PROCESSES, _ceiling(resource.RLIMIT_NPROC))
            resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        # After the change of uid, which clears it.
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    def _hold_program(self, limits: list[int], descriptors: list[int]) -> NoReturn:
        """Compile the program of descriptors [program, channel] and serve its inputs' orders on the channel."""
        spec, channel = descriptors
        orders = socket.socket(fileno=os.dup2(channel, REPORT_FD))
        try:
            os.setsid()
            wanted = _read_spec(spec)
            os.dup2(1, 2)
            os.closerange(REPORT_FD + 1, _OPEN_FILES)
            self._set_limits(*limits[:-1])
            self._drop_user(self._uid)
            # Its jobs have its uid: only what is not dumpable keeps its memory and files from them.
            _prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        except BaseException as error:
            orders.send(f"{type(error).__name__}: {error}".encode()[:4096])
            os._exit(1)
        prepared = prepare_program(wanted["program"])
        gc.freeze()
        orders.send(f"+{time.process_time()}".encode())

        def run_input(order: tuple[int, ...], descriptors: list[int]) -> NoReturn:
            index, *limits = order
            self._arm(limits, descriptors, again=True)
            _run(prepared, wanted["calls"][index])

        serve(orders, run_input)
        os._exit(0)
