"""The host's end of a jail: sends a job as a frame and takes the evidence back, over any byte stream."""

import dataclasses
from typing import Any, Protocol

from sandbox.config import JailBroken
from sandbox.jail.frames import FrameError, encode_frame, read_frame
from schemas.job import Job

_GRACE_S = 90.0
_REPORT_SLACK = 1 << 20


class Jail(Protocol):
    """A started jail of either backend. Its stream raises OSError or EOFError when it is gone."""

    capacity_bytes: int

    def send(self, data: bytes, timeout_s: float) -> None: ...
    def receive_exactly(self, count: int, timeout_s: float) -> bytes: ...
    def close(self) -> str:
        """End the jail and give its slot back; what it said on stderr, for people."""
        ...


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What the supervisor saw of one run; `reason` is why it killed the job, empty if it did not.

    `report` is what the job said of itself: advice, never proof.
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


def _request(job: Job) -> dict[str, Any]:
    program, limits = job.program, job.limits
    return {
        "program": {
            "kind": program.kind,
            "code": program.code,
            "prelude": program.prelude,
            "setup": program.setup,
            "call": job.call,
            "traced": job.traced,
            "probe": job.probe,
            "hash_seed": job.hash_seed,
            "max_events": limits.max_events,
            "max_trace_bytes": limits.max_trace_bytes,
        },
        "cpu_s": limits.cpu_s,
        "wall_s": limits.wall_s,
        "memory_bytes": limits.memory_bytes,
        "output_bytes": limits.output_bytes,
        # A traced job's stdout is a file, and it may need one byte more than is kept to be found out.
        "file_bytes": limits.output_bytes + 4096 if job.traced else 0,
        "report_bytes": limits.output_bytes + limits.max_trace_bytes + _REPORT_SLACK,
    }


def exchange(jail: Jail, job: Job) -> Evidence:
    """Run `job` in `jail`. Raises JailBroken when the jail did not survive or answer."""
    patience = job.limits.wall_s + _GRACE_S
    try:
        jail.send(encode_frame(_request(job), [job.stdin.encode("utf-8", "surrogateescape")]), patience)
        header, blocks = read_frame(lambda count: jail.receive_exactly(count, patience))
        stdout, stderr_tail, report = blocks
        return Evidence(**header, stdout=stdout, stderr_tail=stderr_tail, report=report)
    except (OSError, EOFError, FrameError, TypeError, ValueError) as error:
        raise JailBroken(f"{type(error).__name__}: {error}") from error
