"""The system call filter, run by a small reading of BPF on every call number and the arguments that matter."""

import errno
import os
import struct

import pytest

from sandbox.jail.seccomp import common_filter, job_filter

ALLOWED, REFUSED, UNKNOWN, KILLED = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {
    "x86_64": {"fork": 57, "execve": 59, "socket": 41, "clone": 56, "kill": 62, "openat": 257, "read": 0, "unlink": 87},
    "aarch64": {"execve": 221, "socket": 198, "clone": 220, "kill": 129, "openat": 56, "read": 63, "unlinkat": 35},
}
CLONE3, IO_URING_SETUP = 435, 425
CLONE_THREAD, CLONE_NEWUSER = 0x10000, 0x10000000


def strictest(machine: str, call: int, arguments: tuple[int, ...] = (), *, shared_uid: bool = False) -> int:
    """What the kernel would return to a job for a call: it asks both filters."""
    answers = {
        answer(steps, machine, call, arguments) for steps in (common_filter(shared_uid=shared_uid), job_filter())
    }
    return next(one for one in (KILLED, REFUSED, UNKNOWN, ALLOWED) if one in answers)


def answer(steps: bytes, machine: str, call: int, arguments: tuple[int, ...] = ()) -> int:
    """What one filter says to a call."""
    program = list(struct.iter_unpack("=HBBI", steps))
    data = {0: call, 4: AUDIT[machine]} | {16 + 8 * at: value for at, value in enumerate(arguments)}
    at = accumulator = 0
    while True:
        code, when_true, when_false, value = program[at]
        at += 1
        match code:
            case 0x20:
                accumulator = data.get(value, 0)
            case 0x54:
                accumulator &= value
            case 0x05:
                at += value
            case 0x15:
                at += when_true if accumulator == value else when_false
            case 0x35:
                at += when_true if accumulator >= value else when_false
            case 0x45:
                at += when_true if accumulator & value else when_false
            case 0x06:
                return value
            case _:
                raise AssertionError(f"step {at - 1} is no instruction of ours: {code:#x}")


@pytest.fixture(params=["x86_64", "aarch64"])
def machine(request, monkeypatch) -> str:
    monkeypatch.setattr("platform.machine", lambda: request.param)
    return request.param


@pytest.mark.parametrize("shared_uid", [False, True])
def test_every_call_has_an_answer(machine, shared_uid):
    for steps in (common_filter(shared_uid=shared_uid), job_filter()):
        assert len(steps) < 4096 * 8
        assert {answer(steps, machine, call) for call in range(600)} <= {ALLOWED, REFUSED, UNKNOWN}


def test_what_would_leave_the_jail_is_refused(machine):
    calls = CALLS[machine]
    for name in ("fork", "execve", "socket"):
        if name in calls:
            assert strictest(machine, calls[name]) == REFUSED
    assert strictest(machine, IO_URING_SETUP) == REFUSED
    assert strictest(machine, CLONE3) == UNKNOWN
    assert strictest(machine, calls["read"]) == ALLOWED


def test_threads_may_start_and_processes_may_not(machine):
    clone = CALLS[machine]["clone"]
    assert strictest(machine, clone, (CLONE_THREAD,)) == ALLOWED
    assert strictest(machine, clone, (17,)) == REFUSED
    assert strictest(machine, clone, (CLONE_THREAD | CLONE_NEWUSER,)) == REFUSED


def test_who_forks_jobs_may_fork_and_nothing_else(machine):
    steps, calls = common_filter(shared_uid=False), CALLS[machine]
    assert answer(steps, machine, calls["clone"], (17,)) == ALLOWED
    assert answer(steps, machine, calls["clone"], (CLONE_NEWUSER,)) == REFUSED
    assert answer(steps, machine, calls["execve"]) == REFUSED
    assert answer(steps, machine, calls["socket"]) == REFUSED


def test_a_signal_to_anybody_else_is_refused(machine):
    kill = CALLS[machine]["kill"]
    assert strictest(machine, kill, (0,)) == ALLOWED
    assert {strictest(machine, kill, (target,)) for target in (1, os.getppid(), 0xFFFFFFFF)} == {REFUSED}


def test_with_the_users_own_uid_nothing_can_be_written(machine):
    openat = CALLS[machine]["openat"]
    assert strictest(machine, openat, (0, 0, os.O_WRONLY)) == ALLOWED
    assert strictest(machine, openat, (0, 0, os.O_WRONLY), shared_uid=True) == REFUSED
    assert strictest(machine, openat, (0, 0, os.O_RDONLY), shared_uid=True) == ALLOWED


def test_calls_of_another_machine_kill(machine):
    other = next(name for name in AUDIT if name != machine)
    for steps in (common_filter(shared_uid=False), job_filter()):
        assert answer(steps, other, 0) == KILLED
        assert answer(steps, machine, 0x40000001) == KILLED


def test_a_machine_without_a_table_is_refused_by_name(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "vax")
    with pytest.raises(OSError, match="vax"):
        common_filter(shared_uid=False)
    with pytest.raises(OSError, match="vax"):
        job_filter()
