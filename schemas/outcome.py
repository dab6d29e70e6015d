"""What one run came to, decided by the supervisor from evidence and never by the program."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal[
    "ok",
    "runtime_error",
    "cpu_limit",
    "timeout",
    "memory_limit",
    "output_limit",
    "compile_error",
    "sandbox_error",
]
TraceIntegrity = Literal["complete", "truncated", "lost", "tampered"]
Judgement = Literal["accepted", "wrong_answer", "unjudged"]


@dataclass(frozen=True)
class RunError:
    """The exception that ended a program: its type's name, its message, and the line (1-based; 0 unknown)."""

    type: str
    message: str
    line: int


@dataclass(frozen=True)
class Outcome:
    """One run.

    Attributes:
        exit_code: the status the process ended with, None if a signal ended it.
        signal: the signal that ended it, else None.
        stdout: what was written to fd 1, kept also when the run failed.
        stderr_tail: the last bytes of fd 2, for people.
        value: `repr` of the call's value (function programs that returned), else None.
        error: the exception, if one ended the program.
        detail: why a `sandbox_error` or a broken trace is one, for people; else empty.
        trace: the log in the format of `tracer.wire`, if a trace was asked for and kept.
        trace_integrity: None when no trace was asked for.
    """

    verdict: Verdict
    exit_code: int | None
    signal: int | None
    stdout: bytes
    stderr_tail: bytes
    value: str | None
    error: RunError | None
    cpu_s: float
    wall_s: float
    max_rss_bytes: int
    detail: str = ""
    trace: bytes | None = None
    trace_integrity: TraceIntegrity | None = None
