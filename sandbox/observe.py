"""One execution observed: an untraced run for the verdict, a traced one for the log, more where they disagree."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.hints import makes_sets, reads_outside, tells_of_its_process
from sandbox.integrity import difference, disagreement, judge_trace
from sandbox.pool import Sandbox
from sandbox.unsteady import name_reason
from sandbox.verdict import Report
from schemas.job import HASH_SEEDS, Job, Limits, Probe, Program
from schemas.outcome import Outcome

_CLOCK_VERDICTS = ("cpu_limit", "timeout")
_TRACED_VERDICTS = ("ok", "runtime_error")
_SLOWDOWN = 10
_TRACED_CPU_S = 60.0
_TRACED_WALL_S = 120.0
_RECORDER_BYTES = 512 << 20


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


@dataclass(frozen=True)
class Input:
    """What a program is run on: the text on fd 0, or the call of a `function` program."""

    stdin: str = ""
    call: str | None = None


def _confirmed(sandbox: Sandbox, jobs: Sequence[Job]) -> list[Outcome]:
    """Untraced runs; a verdict that hangs on a clock stands only if a second run, alone, agrees."""
    outcomes = sandbox.run_all(jobs)
    for at, outcome in enumerate(outcomes):
        if outcome.verdict in _CLOCK_VERDICTS:
            (again,) = sandbox.run_all([jobs[at]], alone=True)
            if again.verdict not in _CLOCK_VERDICTS:
                outcomes[at] = again
    return outcomes


def _traced(sandbox: Sandbox, jobs: Sequence[Job]) -> list[tuple[Outcome, Report]]:
    """Traced runs, once more where a clock ended one: a busy machine must not cost a trace."""
    runs = sandbox.examine_all(jobs)
    return [
        sandbox.examine_all([job], alone=True)[0] if outcome.verdict in _CLOCK_VERDICTS else (outcome, report)
        for job, (outcome, report) in zip(jobs, runs, strict=True)
    ]


def _with_seed(jobs: Sequence[Job], hash_seed: int) -> list[Job]:
    return [dataclasses.replace(job, hash_seed=hash_seed) for job in jobs]


def _second_trace_seed(program: Program) -> int | None:
    """The hash seed of a second traced run where the text hints that one run's trace is not another's."""
    if tells_of_its_process(program):
        return 0  # the other zygote: addresses and hashes are the same in all jobs of one
    return 1 if reads_outside(program) else None


def _differ_by_order(sandbox: Sandbox, jobs: Sequence[Job], untraced: Sequence[Outcome]) -> list[str]:
    """What differs under further hash seeds; asked only where sets are made, since two elements often agree by luck."""
    found = [""] * len(jobs)
    program = jobs[0].program
    always = makes_sets(program.prelude) or makes_sets(program.code)
    asked = [at for at, job in enumerate(jobs) if always or makes_sets(job.call or "")]
    for seed in range(2, HASH_SEEDS):
        if asked:
            others = sandbox.run_all(_with_seed([jobs[at] for at in asked], seed))
            for at, other in zip(asked, others, strict=True):
                found[at] = difference(untraced[at], other)
            asked = [at for at in asked if not found[at]]
    return found


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
    (observation,) = observe_all(sandbox, program, [Input(stdin, call)], limits=limits, probe=probe, trace=trace)
    return observation


def observe_all(
    sandbox: Sandbox,
    program: Program,
    inputs: Sequence[Input],
    *,
    limits: Limits,
    probe: Probe = "full",
    trace: bool = True,
) -> list[Observation]:
    """Like `observe`, for several inputs of one program, which is compiled and instrumented once for all of them."""
    jobs = [Job(program, each.stdin, each.call, limits, probe) for each in inputs]
    untraced = _confirmed(sandbox, jobs) if jobs else []
    seen = [Observation(outcome) for outcome in untraced]
    asked = [at for at, outcome in enumerate(untraced) if trace and outcome.verdict in _TRACED_VERDICTS]
    if asked:
        found = _trace(sandbox, [jobs[at] for at in asked], [untraced[at] for at in asked])
        for at, observation in zip(asked, found, strict=True):
            seen[at] = observation
    return seen


def _trace(sandbox: Sandbox, jobs: Sequence[Job], untraced: Sequence[Outcome]) -> list[Observation]:
    """Trace what has run to its own end, and see what differs from run to run."""
    seen = [Observation(outcome) for outcome in untraced]
    by_order = _differ_by_order(sandbox, jobs, untraced)
    for at, differs in enumerate(by_order):
        if differs:
            seen[at] = _unsteady(sandbox, jobs[at], untraced[at], differs)
    steady = [at for at, differs in enumerate(by_order) if not differs]
    if not steady:
        return seen
    limits = traced_limits(jobs[0].limits)
    traced_jobs = [dataclasses.replace(jobs[at], limits=limits, traced=True, hash_seed=1) for at in steady]
    runs = dict(zip(steady, _traced(sandbox, traced_jobs), strict=True))
    doubtful = [at for at in steady if disagreement(untraced[at], *runs[at])]
    twins = sandbox.run_all(_with_seed([jobs[at] for at in doubtful], 1)) if doubtful else []
    for at, twin in zip(doubtful, twins, strict=True):
        differs = difference(untraced[at], twin)
        if differs:
            seen[at] = _unsteady(sandbox, jobs[at], untraced[at], differs)
            steady.remove(at)
    judged = {at: judge_trace(untraced[at], *runs[at]) for at in steady}
    kept = [at for at in steady if judged[at][0] in ("complete", "truncated")]
    seed = _second_trace_seed(jobs[0].program)
    changing: set[int] = set()
    if seed is not None and kept:
        again = [dataclasses.replace(jobs[at], limits=limits, traced=True, hash_seed=seed) for at in kept]
        seconds = zip(kept, _traced(sandbox, again), strict=True)
        changing = {at for at, (_, report) in seconds if not _same_log(runs[at][1], report)}
    for at in steady:
        if at in changing:
            why = name_reason(jobs[at].program.code, each_run=seed == 1)
            seen[at] = Observation(untraced[at], nondeterministic=f"the trace differs between two runs: {why}")
            continue
        integrity, why = judged[at]
        log = runs[at][1].trace if at in kept else None
        seen[at] = Observation(
            dataclasses.replace(untraced[at], trace=log, trace_integrity=integrity), traced_detail=why
        )
    return seen


def _unsteady(sandbox: Sandbox, job: Job, outcome: Outcome, differs: str) -> Observation:
    """What is to be said of a program that comes to something else under another hash seed."""
    each_run = bool(difference(outcome, sandbox.run(job)))
    between = "runs" if each_run else "hash seeds"
    why = name_reason(job.program.code, each_run=each_run, stdout=outcome.stdout)
    return Observation(outcome, nondeterministic=f"{differs} differs between two {between}: {why}")


def _same_log(first: Report, second: Report) -> bool:
    return (first.mark, first.trace) == (second.mark, second.trace)
