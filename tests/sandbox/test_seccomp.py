"""The system call filter, run by a small reading of BPF on every call number and the arguments that matter."""

import errno
import os
import struct

import pytest

from sandbox.jail.seccomp import build_filter

ALLOWED, REFUSED, UNKNOWN, KILLED = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {
    "x86_64": {"fork": 57, "execve": 59, "socket": 41, "clone": 56, "kill": 62, "openat": 257, "read": 0, "unlink": 87},
    "aarch64": {"execve": 221, "socket": 198, "clone": 220, "kill": 129, "openat": 56, "read": 63, "unlinkat": 35},
}
CLONE3, IO_URING_SETUP = 435, 425
CLONE_THREAD, CLONE_NEWUSER = 0x10000, 0x10000000


def answer(steps: bytes, machine: str, call: int, arguments: tuple[int, ...] = ()) -> int:
    """What the kernel would return for a call."""
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
@pytest.mark.parametrize("may_fork", [False, True])
def test_every_call_has_an_answer(machine, shared_uid, may_fork):
    steps = build_filter(shared_uid=shared_uid, may_fork=may_fork)
    assert len(steps) < 4096 * 8
    assert {answer(steps, machine, call) for call in range(600)} <= {ALLOWED, REFUSED, UNKNOWN}


def test_what_would_leave_the_jail_is_refused(machine):
    steps = build_filter(shared_uid=False)
    calls = CALLS[machine]
    for name in ("fork", "execve", "socket"):
        if name in calls:
            assert answer(steps, machine, calls[name]) == REFUSED
    assert answer(steps, machine, IO_URING_SETUP) == REFUSED
    assert answer(steps, machine, CLONE3) == UNKNOWN
    assert answer(steps, machine, calls["read"]) == ALLOWED


def test_threads_may_start_and_processes_may_not(machine):
    steps, clone = build_filter(shared_uid=False), CALLS[machine]["clone"]
    assert answer(steps, machine, clone, (CLONE_THREAD,)) == ALLOWED
    assert answer(steps, machine, clone, (17,)) == REFUSED
    assert answer(steps, machine, clone, (CLONE_THREAD | CLONE_NEWUSER,)) == REFUSED


def test_the_holder_of_a_program_may_fork_and_nothing_else(machine):
    steps, calls = build_filter(shared_uid=False, may_fork=True), CALLS[machine]
    assert answer(steps, machine, calls["clone"], (17,)) == ALLOWED
    assert answer(steps, machine, calls["clone"], (CLONE_NEWUSER,)) == REFUSED
    assert answer(steps, machine, calls["execve"]) == REFUSED
    assert answer(steps, machine, calls["socket"]) == REFUSED


def test_a_signal_to_anybody_else_is_refused(machine):
    steps, kill = build_filter(shared_uid=False), CALLS[machine]["kill"]
    assert answer(steps, machine, kill, (0,)) == ALLOWED
    assert {answer(steps, machine, kill, (target,)) for target in (1, os.getppid(), 0xFFFFFFFF)} == {REFUSED}


def test_with_the_users_own_uid_nothing_can_be_written(machine):
    openat = CALLS[machine]["openat"]
    own, shared = build_filter(shared_uid=False), build_filter(shared_uid=True)
    assert answer(own, machine, openat, (0, 0, os.O_WRONLY)) == ALLOWED
    assert answer(shared, machine, openat, (0, 0, os.O_WRONLY)) == REFUSED
    assert answer(shared, machine, openat, (0, 0, os.O_RDONLY)) == ALLOWED


def test_calls_of_another_machine_kill(machine):
    steps = build_filter(shared_uid=False)
    other = next(name for name in AUDIT if name != machine)
    assert answer(steps, other, 0) == KILLED
    assert answer(steps, machine, 0x40000001) == KILLED


def test_a_machine_without_a_table_is_refused_by_name(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "vax")
    with pytest.raises(OSError, match="vax"):
        build_filter(shared_uid=False)
