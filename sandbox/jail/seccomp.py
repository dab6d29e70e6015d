"""The job's system call filter, assembled as BPF without any dependency: a search tree over call numbers."""

import ctypes
import errno
import os
import platform
import struct
from dataclasses import dataclass

_LOAD, _JUMP, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _AND, _RETURN = 0x20, 0x05, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_NR, _ARCH, _ARGS = 0, 4, 16
_X32_BIT = 0x40000000
_CLONE_THREAD = 0x10000
_CLONE_NEW = 0x7E020080  # every CLONE_NEW* flag
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX = 8, 10, 15
_FIOSETOWN, _SIOCSPGRP = 0x8901, 0x8902
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2


@dataclass(frozen=True)
class _Machine:
    """One architecture: its audit number, the calls that are refused, and those with a rule of their own."""

    audit: int
    refused: tuple[int, ...]
    clone: int
    kill: int
    tgkill: int
    tkill: int
    openat: int
    fcntl: int
    ioctl: int
    prlimit: int
    writes: tuple[int, ...]
    open: int | None = None


_CLONE3, _OPENAT2 = 435, 437
# io_uring, pidfd_*, new mount calls, process_madvise, mount_setattr, memfd_secret: one number everywhere.
_SHARED = (*range(424, 435), 438, 440, 442, 447)

_MACHINES = {
    "x86_64": _Machine(
        audit=0xC000003E,
        refused=(
            *(41, 42, 43, 49, 50, 288),  # socket connect accept bind listen accept4
            *(57, 58, 59, 322, 319),  # fork vfork execve execveat memfd_create
            *(101, 310, 311, 312, 129, 297),  # ptrace process_vm_* kcmp rt_sigqueueinfo rt_tgsigqueueinfo
            *(29, 30, 31, 67, 64, 65, 66, 220, 68, 69, 70, 71),  # System V shm, sem, msg
            *range(240, 246),  # POSIX message queues
            *(248, 249, 250, 321, 298, 323),  # keys bpf perf_event_open userfaultfd
            *(165, 166, 155, 161, 308, 272),  # mount umount2 pivot_root chroot setns unshare
            *(175, 313, 176, 246, 320, 169, 167, 168, 163, 179),  # modules kexec reboot swap acct quotactl
            *(303, 304, 300, 253, 294, 103, 135, 172, 173),  # file handles, notify, syslog, personality, ports
            *(164, 227, 159, 305, 170, 171),  # clocks and names of the machine
            *(141, 144, 142, 314, 203, 251, 256, 279),  # priorities, affinity, moving pages
        ),
        clone=56,
        kill=62,
        tgkill=234,
        openat=257,
        fcntl=72,
        ioctl=16,
        prlimit=302,
        open=2,
        tkill=200,
        # creat truncate rename mkdir rmdir link unlink symlink *chmod *chown mknod utime *xattr *at
        writes=(
            *(85, 76, 82, 83, 84, 86, 87, 88, 90, 91, 92, 93, 94, 132, 133, 188, 189, 190, 197, 198, 199),
            *(235, 258, 259, 260, 261, 263, 264, 265, 266, 268, 280, 316, 452),
        ),
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        refused=(
            *(198, 203, 202, 200, 201, 242),
            *(221, 281, 279),
            *(117, 270, 271, 272, 138, 240),
            *range(186, 198),
            *range(180, 186),
            *(217, 218, 219, 280, 241, 282),
            *(40, 39, 41, 51, 268, 97),
            *(105, 273, 106, 104, 294, 142, 224, 225, 89, 60),
            *(264, 265, 262, 26, 116, 92),
            *(170, 112, 171, 266, 161, 162),
            *(140, 119, 118, 274, 122, 30, 238, 239),
        ),
        clone=220,
        kill=129,
        tgkill=131,
        openat=56,
        fcntl=25,
        ioctl=29,
        prlimit=261,
        tkill=130,
        writes=(5, 6, 7, 14, 15, 16, 33, 34, 35, 36, 37, 38, 45, 52, 53, 54, 55, 88, 276, 452),
    ),
}


_STEP_BYTES = 8
_ITSELF = 0xFFFF5E1F  # no process has this number


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when_true, when_false, value)


def _errno(number: int) -> bytes:
    return _step(_RETURN, 0x00050000 | number)


def _argument(index: int) -> bytes:
    return _step(_LOAD, _ARGS + 8 * index)


def _among(argument: int, values: tuple[int, ...], then: bytes, otherwise: bytes) -> bytes:
    """`then` when the argument is one of the values, else `otherwise`."""
    tests = b"".join(_step(_JUMP_EQ, value, 0, 1) + then for value in values)
    return _argument(argument) + tests + otherwise


def _search(ranges: list[tuple[int, bytes]]) -> bytes:
    """Do what belongs to the range that the loaded call number is in; a range is its first number and its steps.

    The kernel tries every call number once when a filter is installed, so a filter is as cheap as it is shallow.
    """
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    low, high = _search(ranges[:middle]), _search(ranges[middle:])
    skip = len(low) // _STEP_BYTES
    if skip < 256:
        return _step(_JUMP_GE, ranges[middle][0], skip, 0) + low + high
    return _step(_JUMP_GE, ranges[middle][0], 0, 1) + _step(_JUMP, skip) + low + high


def _common_bodies(machine: _Machine, shared_uid: bool) -> dict[int, bytes]:
    """What to do for each call that is not simply allowed to whatever runs beside a program."""
    allow, refuse = _step(_RETURN, _ALLOW), _errno(errno.EPERM)
    bodies = dict.fromkeys((*machine.refused, *_SHARED), refuse)
    # ENOSYS sends libc to the older call, whose flags a filter can read.
    bodies |= dict.fromkeys((_CLONE3, _OPENAT2), _errno(errno.ENOSYS))
    bodies[machine.clone] = _argument(0) + _step(_JUMP_SET, _CLONE_NEW, 0, 1) + refuse + allow
    if shared_uid:
        writing = _step(_JUMP_SET, os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0, 1) + refuse + allow
        bodies[machine.openat] = _argument(2) + writing
        if machine.open is not None:
            bodies[machine.open] = _argument(1) + writing
        bodies |= dict.fromkeys(machine.writes, refuse)
    return bodies


def _job_bodies(machine: _Machine) -> dict[int, bytes]:
    """What a job may do less than the process that forks it: no process, and no signal to another one."""
    allow, refuse = _step(_RETURN, _ALLOW), _errno(errno.EPERM)
    bodies = {machine.clone: _argument(0) + _step(_JUMP_SET, _CLONE_THREAD, 0, 1) + allow + refuse}
    # Its guards, and the process that holds its program, may have its uid.
    itself = _among(0, (_ITSELF, 0), allow, refuse)
    bodies |= dict.fromkeys((machine.kill, machine.tgkill, machine.prlimit), itself)
    bodies[machine.tkill] = refuse
    # The kernel signals whoever is named as a descriptor's owner.
    bodies[machine.fcntl] = _among(1, (_F_SETOWN, _F_SETSIG, _F_SETOWN_EX), refuse, allow)
    bodies[machine.ioctl] = _among(1, (_FIOSETOWN, _SIOCSPGRP), refuse, allow)
    return bodies


def _known_machine() -> _Machine:
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(f"no system call table for {platform.machine()}: x86_64 and aarch64 are known")
    return machine


def _assemble(machine: _Machine, bodies: dict[int, bytes]) -> bytes:
    allow = _step(_RETURN, _ALLOW)
    ranges = [(0, allow)]
    for call, body in sorted(bodies.items()):
        last, before = ranges[-1]
        if last == call:
            ranges[-1:] = [(call, body)]
        elif before != body:
            ranges.append((call, body))
        ranges.append((call + 1, allow))
    merged = [one for at, one in enumerate(ranges) if at == 0 or one[1] != ranges[at - 1][1]]
    merged.append((_X32_BIT, _step(_RETURN, _KILL)))
    head = _step(_LOAD, _ARCH) + _step(_JUMP_EQ, machine.audit, 1, 0) + _step(_RETURN, _KILL) + _step(_LOAD, _NR)
    return head + _search(merged)


def common_filter(*, shared_uid: bool) -> bytes:
    """The filter, as an array of `sock_filter`, of everything that runs beside a program or forks it.

    No exec, network, tracing, namespaces or kernel objects. With `shared_uid` jobs have the uid of the
    user's files, and nothing can be opened for writing. Raises OSError on a machine the tables do not know.
    """
    machine = _known_machine()
    return _assemble(machine, _common_bodies(machine, shared_uid))


def job_filter() -> bytes:
    """The filter that a job adds to the common one, which it has inherited: no process, and signals to itself alone.

    It is small because every job pays for it: the kernel translates it, and tries every call number once.
    """
    machine = _known_machine()
    return _assemble(machine, _job_bodies(machine))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


class Filter:
    """A filter laid ready in memory, so that a job that puts itself under it has next to nothing to do."""

    def __init__(self, steps: bytes) -> None:
        self._buffer = ctypes.create_string_buffer(steps, len(steps))
        program = _Program(len(steps) // _STEP_BYTES, ctypes.addressof(self._buffer))
        self._program, self._steps = program, ctypes.byref(program)
        mark = struct.pack("=I", _ITSELF)
        self._own_numbers = [at for at in range(4, len(steps), _STEP_BYTES) if steps[at : at + 4] == mark]

    def install(self) -> None:
        """Put the calling thread, and all it starts, under the filter for good. Raises OSError if refused."""
        own = os.getpid()
        for at in self._own_numbers:
            _NUMBER.pack_into(self._buffer, at, own)
        if _prctl(_PR_SET_NO_NEW_PRIVS, 1, None, None, None) != 0:
            raise OSError(ctypes.get_errno(), "no_new_privs was refused")
        if _prctl(_PR_SET_SECCOMP, _MODE_FILTER, self._steps, None, None) != 0:
            raise OSError(ctypes.get_errno(), "the system call filter was refused")


_NUMBER = struct.Struct("=I")
_prctl = ctypes.CDLL(None, use_errno=True).prctl
_prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
