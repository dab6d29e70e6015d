"""Evidence to verdict: what the supervisor saw decides, what the job says of itself only explains."""

import json
import signal
import struct
from dataclasses import dataclass, field
from typing import Any

from sandbox.jail_client import Evidence
from schemas.job import Job
from schemas.outcome import Outcome, RunError, Verdict

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Report:
    """The job's word on its own run. Without a clean end (`os._exit`, a signal) every field is empty."""

    clean_end: bool = False
    compile_error: bool = False
    error: RunError | None = None
    value: str | None = None
    mark: str = ""
    installed: bool = False
    watched: tuple[str, ...] = ()
    missed: int = 0
    detail: str = ""
    recorder: str = ""
    trace: bytes = field(default=b"", repr=False)


def _pieces(data: bytes) -> tuple[list[dict[str, Any]], bytes]:
    """The JSON objects of a report, what was told at once before what was told at the end, and the bytes behind."""
    pieces: list[dict[str, Any]] = []
    while len(data) >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(data)
        fields = json.loads(data[_LENGTH.size : _LENGTH.size + length])
        if not isinstance(fields, dict):
            raise ValueError("a report is made of objects")
        pieces.append(fields)
        data = data[_LENGTH.size + length :]
        if "clean_end" in fields:
            break
    return pieces, data


def read_report(data: bytes, token: str = "") -> Report:
    """Parse a report; bytes that are none, or not whole, or lack the token, are the report of no clean end.

    What was told at once counts even where the end of the report is missing.
    """
    watched: tuple[str, ...] = ()
    try:
        pieces, trace = _pieces(data)
        watched = tuple(str(fields["watched"]) for fields in pieces if set(fields) == {"watched"})
        fields = pieces[-1] if pieces else {}
        if "clean_end" not in fields or fields.get("token", "") != token:
            return Report(watched=watched)
        error = fields.get("error")
        value = fields.get("value")
        at_end = (str(name) for name in fields.get("watched", ()))
        return Report(
            clean_end=fields.get("clean_end") is True,
            compile_error=fields.get("compile_error") is True,
            error=RunError(str(error["type"]), str(error["message"]), int(error["line"])) if error else None,
            value=None if value is None else str(value),
            mark=str(fields.get("mark", "")),
            installed=fields.get("installed") is True,
            watched=tuple(dict.fromkeys((*watched, *at_end))),
            missed=int(fields.get("missed", 0)),
            detail=str(fields.get("detail", "")),
            recorder=str(fields.get("recorder", "")),
            trace=trace,
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Report(watched=watched)


def decide(job: Job, evidence: Evidence, report: Report) -> tuple[Verdict, str]:
    """The verdict and, where it needs a word, why."""
    limits = job.limits
    out_of_cpu = evidence.cpu_s >= limits.cpu_s
    # The kernel counts ticks, roughly on a busy machine; who sends itself the signal is far from its limit.
    near_limit = evidence.cpu_s >= 0.5 * limits.cpu_s
    if evidence.setup_error:
        return "sandbox_error", f"the job could not be set up: {evidence.setup_error}"
    if evidence.reason == "output_limit":
        return "output_limit", ""
    if (evidence.signal == signal.SIGXCPU and near_limit) or (evidence.signal == signal.SIGKILL and out_of_cpu):
        return "cpu_limit", ""
    if evidence.reason == "timeout":
        return "timeout", ""
    if evidence.signal == signal.SIGKILL and evidence.oom_kills > 0:
        return "memory_limit", "the kernel killed the job for memory"
    if report.compile_error and evidence.exit_code == 1:
        return "compile_error", ""
    if report.error is not None and report.error.type == "MemoryError" and evidence.exit_code != 0:
        return "memory_limit", ""
    if evidence.signal is not None:
        return "runtime_error", f"ended by {signal.Signals(evidence.signal).name}"
    if out_of_cpu:
        return "cpu_limit", "finished, but later than the limit"
    if evidence.exit_code != 0:
        return "runtime_error", ""
    if not report.clean_end:
        if job.call is not None:
            return "runtime_error", "the process ended before the call returned"
        return "ok", "ended without a clean end, as os._exit does"
    return "ok", ""


def outcome_of(job: Job, evidence: Evidence, report: Report) -> Outcome:
    """The record of one run, still without a word on its trace."""
    verdict, detail = decide(job, evidence, report)
    ended = verdict in ("ok", "runtime_error", "memory_limit", "compile_error")
    return Outcome(
        verdict=verdict,
        exit_code=evidence.exit_code,
        signal=evidence.signal,
        stdout=evidence.stdout,
        stderr_tail=evidence.stderr_tail,
        value=report.value if verdict == "ok" else None,
        error=report.error if ended else None,
        cpu_s=evidence.cpu_s,
        wall_s=evidence.wall_s,
        max_rss_bytes=evidence.max_rss_bytes,
        detail=detail,
    )
