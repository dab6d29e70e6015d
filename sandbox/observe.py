"""One execution observed: an untraced run for the verdict, a traced one for the log, more where they disagree."""

import dataclasses
import re
from dataclasses import dataclass

from sandbox.integrity import difference, disagreement, judge_trace
from sandbox.pool import Sandbox
from sandbox.verdict import Report
from schemas.job import HASH_SEEDS, Job, Limits, Probe, Program
from schemas.outcome import Outcome

_CLOCK_VERDICTS = ("cpu_limit", "timeout")
_TRACED_VERDICTS = ("ok", "runtime_error")
_SLOWDOWN = 10
_TRACED_CPU_S = 60.0
_TRACED_WALL_S = 120.0
_RECORDER_BYTES = 512 << 20
_MAKES_SETS = re.compile(r"\b(?:set|frozenset)\b|\{[^{}:]+\}|\.keys\(\)\s*[-&|^]")
_CHANGES_BY_THE_RUN = re.compile(r"\b(time|random|datetime|uuid|secrets|urandom|getpid|perf_counter|process_time)\b")
_CHANGES_BY_THE_PROCESS = re.compile(r"\b(id|hash)\s*\(|\bobject\.__repr__\b|\bobject\s*\(|__hash__")


@dataclass(frozen=True)
class Observation:
    """What is known of one execution.

    Attributes:
        outcome: of the untraced run; its trace and trace_integrity are the traced run's.
        nondeterministic: empty, or what differed between two runs of the same input.
        traced_detail: why there is no complete trace, for people; else empty.
    """

    outcome: Outcome
    nondeterministic: str = ""
    traced_detail: str = ""


def traced_limits(limits: Limits) -> Limits:
    """Room for the recorder: ten times the clocks (60 s of CPU and 120 s of wall at most) and 512 MiB."""
    return dataclasses.replace(
        limits,
        cpu_s=max(limits.cpu_s, min(_SLOWDOWN * limits.cpu_s, _TRACED_CPU_S)),
        wall_s=max(limits.wall_s, min(_SLOWDOWN * limits.wall_s, _TRACED_WALL_S)),
        memory_bytes=limits.memory_bytes + _RECORDER_BYTES,
    )


def _confirmed(sandbox: Sandbox, job: Job) -> Outcome:
    """An untraced run; a verdict that hangs on a clock stands only if a second run agrees."""
    outcome = sandbox.run(job)
    if outcome.verdict not in _CLOCK_VERDICTS:
        return outcome
    again = sandbox.run(job)
    return outcome if again.verdict in _CLOCK_VERDICTS else again


def _traced(sandbox: Sandbox, job: Job) -> tuple[Outcome, Report]:
    """A traced run, once more where a clock ended it: a busy machine must not cost a trace."""
    outcome, report = sandbox.examine(job)
    return sandbox.examine(job) if outcome.verdict in _CLOCK_VERDICTS else (outcome, report)


def _second_trace_seed(program: Program) -> int | None:
    """The hash seed of a second traced run where the text hints that one run's trace is not another's."""
    text = "\n".join((program.prelude, program.code, program.setup))
    if _CHANGES_BY_THE_PROCESS.search(text):
        return 0  # the other zygote: addresses and hashes are the same in all jobs of one
    return 1 if _CHANGES_BY_THE_RUN.search(text) else None


def _differs_by_order(sandbox: Sandbox, job: Job, untraced: Outcome) -> str:
    """What differs under further hash seeds; asked only where sets are made, since two elements often agree by luck."""
    if not _MAKES_SETS.search("\n".join((job.program.prelude, job.program.code, job.call or ""))):
        return ""
    for seed in range(2, HASH_SEEDS):
        differs = difference(untraced, sandbox.run(dataclasses.replace(job, hash_seed=seed)))
        if differs:
            return differs
    return ""


def observe(
    sandbox: Sandbox,
    program: Program,
    *,
    stdin: str = "",
    call: str | None = None,
    limits: Limits,
    probe: Probe = "full",
    trace: bool = True,
) -> Observation:
    """Run a program on one input and, where it ended by itself and `trace` asks for it, trace it.

    Raises SandboxUnavailable where no jail can be started; every fault of the program is in the outcome.
    """
    job = Job(program, stdin, call, limits, probe)
    untraced = _confirmed(sandbox, job)
    if not trace or untraced.verdict not in _TRACED_VERDICTS:
        return Observation(untraced)
    differs = _differs_by_order(sandbox, job, untraced)
    if differs:
        return Observation(untraced, nondeterministic=f"{differs} differs between two hash seeds")
    traced_job = dataclasses.replace(job, limits=traced_limits(limits), traced=True, hash_seed=1)
    traced, report = _traced(sandbox, traced_job)
    if disagreement(untraced, traced, report):
        twin = sandbox.run(dataclasses.replace(job, hash_seed=1))
        differs = difference(untraced, twin)
        if differs:
            return Observation(untraced, nondeterministic=f"{differs} differs between two hash seeds")
    integrity, why = judge_trace(untraced, traced, report)
    seed = _second_trace_seed(program)
    if integrity in ("complete", "truncated") and seed is not None:
        _, second = _traced(sandbox, dataclasses.replace(traced_job, hash_seed=seed))
        if not _same_log(report, second):
            return Observation(untraced, nondeterministic="the trace differs between two runs")
    kept = report.trace if integrity in ("complete", "truncated") else None
    return Observation(dataclasses.replace(untraced, trace=kept, trace_integrity=integrity), traced_detail=why)


def _same_log(first: Report, second: Report) -> bool:
    return (first.mark, first.trace) == (second.mark, second.trace)
