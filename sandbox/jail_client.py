"""The host's end of a jail: sends a job as a frame and takes the evidence back, over any byte stream."""

import contextlib
import dataclasses
import marshal
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from sandbox.config import JailBroken
from sandbox.jail.frames import FrameError, encode_frame, read_frame
from schemas.job import Job

_GRACE_S = 90.0
_HEALTH_S = 30.0
_REPORT_SLACK = 1 << 20
_MARSHAL = 2
"""The version that every Python reads."""


@dataclasses.dataclass(frozen=True)
class Room:
    """What a jail has room for: memory of everything in it, and files that its jobs write, 0 if none may."""

    memory_bytes: int
    scratch_bytes: int = 0

    def suits(self, wanted: "Room") -> bool:
        """Whether a job that wants this much can run there; a scratch folder is as large as it says, or not used."""
        return self.memory_bytes >= wanted.memory_bytes and wanted.scratch_bytes in (0, self.scratch_bytes)


class Jail(Protocol):
    """A started jail of either backend. Its stream raises OSError or EOFError when it is gone.

    Attributes:
        room: what it was started with.
        host_kernel: the release of the kernel that the jail was started on.
    """

    room: Room
    host_kernel: str

    def send(self, data: bytes, timeout_s: float) -> None: ...
    def receive_exactly(self, count: int, timeout_s: float) -> bytes: ...
    def has_stirred(self) -> bool:
        """Whether something came unasked between two frames: its end, or words on its stderr."""
        ...

    def close(self) -> str:
        """End the jail and give its slot back; what it said on stderr, for people."""
        ...


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What the supervisor saw of one run; `reason` is why it killed the job, empty if it did not.

    `report` is what the job said of itself: advice, never proof. One of a traced run must hold the `token`,
    which only the recorder was told.
    """

    setup_error: str
    reason: str
    exit_code: int | None
    signal: int | None
    cpu_s: float
    wall_s: float
    max_rss_bytes: int
    oom_kills: int
    stdout: bytes
    stderr_tail: bytes
    report: bytes
    token: str


def _request(jobs: Sequence[Job], token: str) -> bytes:
    """The frame that asks for runs of one program on the jobs' inputs."""
    first = jobs[0]
    limits = first.limits
    spec = {"program": _program_spec(first, token), "calls": [job.call for job in jobs]}
    header = {
        "verb": "run",
        "traced": first.traced,
        "hash_seed": first.hash_seed,
        "cpu_s": limits.cpu_s,
        "wall_s": limits.wall_s,
        "memory_bytes": limits.memory_bytes,
        "output_bytes": limits.output_bytes,
        # A traced job's stdout is a file, and it may need one byte more than is kept to be found out.
        "file_bytes": max(limits.output_bytes + 4096 if first.traced else 0, limits.scratch_bytes),
        "scratch": limits.scratch_bytes > 0,
        "report_bytes": limits.output_bytes + limits.max_trace_bytes + _REPORT_SLACK,
    }
    return encode_frame(header, [marshal.dumps(spec, _MARSHAL), *(_input(job) for job in jobs)])


def _program_spec(job: Job, token: str) -> dict[str, Any]:
    """What `tracer.program` is told of a job's program."""
    spec = {
        "kind": job.program.kind,
        "code": job.program.code,
        "prelude": job.program.prelude,
        "setup": job.program.setup,
        "traced": job.traced,
        "probe": job.probe,
        "hash_seed": job.hash_seed,
        "max_events": job.limits.max_events,
        "max_trace_bytes": job.limits.max_trace_bytes,
    }
    return spec | {"token": token} if token else spec


def _input(job: Job) -> bytes:
    return job.stdin.encode("utf-8", "surrogateescape")


def same_program(first: Job, other: Job) -> bool:
    """Whether two jobs differ in their input alone, so that one frame can ask for both."""
    return dataclasses.replace(other, stdin=first.stdin, call=first.call) == first


@contextlib.contextmanager
def _breakage() -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, FrameError, TypeError, ValueError, KeyError) as error:
        raise JailBroken(f"{type(error).__name__}: {error}") from error


def exchange(jail: Jail, jobs: Sequence[Job]) -> Iterator[Evidence]:
    """Run jobs that are the `same_program` in `jail`, one after the other.

    Ends before the last job where a job had to be killed: the jail is to be looked at before the next.
    Raises JailBroken when the jail did not survive or answer.
    """
    patience = jobs[0].limits.wall_s + _GRACE_S
    token = secrets.token_hex(16) if jobs[0].traced else ""
    with _breakage():
        jail.send(_request(jobs, token), patience)
    for _ in jobs:
        with _breakage():
            header, blocks = read_frame(lambda count: jail.receive_exactly(count, patience))
            stdout, stderr_tail, report = blocks
            stopped = header.pop("stopped")
            evidence = Evidence(**header, stdout=stdout, stderr_tail=stderr_tail, report=report, token=token)
        yield evidence
        if stopped:
            return


@dataclasses.dataclass(frozen=True)
class Health:
    """What a jail says of itself between jobs: its memory, the kernel that answers, the guards put up on the way in.

    `scratch`: whether it has a folder that a job can be given to write to.
    """

    memory_bytes: int
    kernel: str
    guards: tuple[str, ...]
    scratch: bool


def ask_health(jail: Jail) -> Health:
    """The jail's health. Raises JailBroken when it does not answer."""
    with _breakage():
        jail.send(encode_frame({"verb": "health"}), _HEALTH_S)
        header, _ = read_frame(lambda count: jail.receive_exactly(count, _HEALTH_S))
        return Health(header["memory_bytes"], header["kernel"], tuple(header["guards"]), header["scratch"])
