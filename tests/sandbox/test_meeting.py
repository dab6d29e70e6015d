"""Where a container's frames go: over a socket of its own if it can be reached, else over the engine's stream."""

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxConfig, docker_backend
from sandbox.jail.supervisor import STAYED_AWAY
from sandbox.meeting import Meeting, remove_forgotten
from sandbox.streams import EngineStream
from schemas.job import Job, Limits, Program

OUT, ERR = 1, 2
DOUBLE = Job(Program("stdin", "print(int(input()) * 2)"), "21\n", limits=Limits(cpu_s=2, wall_s=20))


def piece(stream: int, data: bytes) -> bytes:
    """What an engine makes of bytes that a container has written."""
    return struct.pack(">BxxxI", stream, len(data)) + data


@pytest.fixture
def engine() -> Iterator[tuple[EngineStream, socket.socket]]:
    """An attached container's stream, and the engine's end of it."""
    mine, theirs = socket.socketpair()
    with mine, theirs:
        yield EngineStream(mine), theirs


def test_who_comes_to_the_meeting_is_spoken_with_and_nothing_is_left_of_it(engine):
    meeting = Meeting()
    with socket.socket(socket.AF_UNIX) as guest:
        guest.connect(meeting.path)
        stream = meeting.wait(engine[0], 10)
        meeting.close()
        assert not Path(meeting.path).parent.exists()
        guest.sendall(b"hello")
        assert stream.receive_exactly(5, 10) == b"hello"


def test_a_jail_that_cannot_come_is_spoken_with_through_the_engine(engine):
    stream, container = engine
    container.sendall(piece(ERR, b"a word of warning") + piece(OUT, STAYED_AWAY + b"fir") + piece(OUT, b"st"))
    meeting = Meeting()
    assert meeting.wait(stream, 10) is stream
    meeting.close()
    assert stream.receive_exactly(5, 10) == b"first"
    assert stream.said == b"a word of warning"


def test_a_container_that_ends_or_stays_silent_is_waited_for_no_longer(engine):
    stream, container = engine
    meeting = Meeting()
    with pytest.raises(TimeoutError):
        meeting.wait(stream, 0.05)
    container.close()
    with pytest.raises(EOFError):
        meeting.wait(stream, 10)
    meeting.close()


def test_what_a_killed_client_forgot_is_removed_and_what_is_in_use_is_not(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    forgotten, waiting = Meeting(), Meeting()
    os.utime(Path(forgotten.path).parent, (1, 1))
    remove_forgotten()
    assert not Path(forgotten.path).exists()
    assert Path(waiting.path).exists()
    for meeting in (forgotten, waiting):
        meeting.close()


def test_jobs_run_where_the_engine_does_not_share_this_machines_files(monkeypatch):
    monkeypatch.setattr(docker_backend, "_shares_files", lambda client: False)
    with Sandbox(SandboxConfig()) as sandbox:
        assert sandbox.run(DOUBLE).stdout == b"42\n"


def test_jobs_run_where_the_runtime_lets_nobody_connect(monkeypatch):
    class Unreachable(Meeting):
        def __init__(self) -> None:
            super().__init__()
            os.chmod(self.path, 0)

    monkeypatch.setattr(docker_backend, "Meeting", Unreachable)
    with Sandbox(SandboxConfig()) as sandbox:
        assert sandbox.run(DOUBLE).stdout == b"42\n"
