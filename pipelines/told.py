"""From a stored run to what may be told of it: the execution, or why there is none."""

from dataclasses import dataclass

from pipelines.runs import StoredRun
from schemas.job import Program, effective_source
from schemas.solution import TestCase
from templates.execution import Execution
from tracer.events import Printed, Trace
from tracer.wire import read_end


@dataclass(frozen=True)
class Untold:
    """Why an execution is not told: the stage and reason of its reject, a sentence, and the claim that failed."""

    stage: str
    reason: str
    message: str
    claim: str = ""


def printed(trace: Trace) -> bytes:
    """All that a traced program wrote to stdout."""
    changes = [change for event in trace.events for change in event.changes]
    changes.extend(trace.tail)
    return b"".join(change.data for change in changes if isinstance(change, Printed))


def ending_exception(trace: Trace) -> str:
    """The type of the exception that ended a program, empty where it ended well."""
    if not trace.events or trace.events[-1].kind != "unwind":
        return ""
    return next((event.name for event in reversed(trace.events) if event.kind == "exception"), "")


def execution_of(program: Program, test: TestCase, *, stdout: str, value: str | None, trace: Trace) -> Execution:
    """The execution that a complete trace and its outputs make."""
    return Execution(
        kind=program.kind,
        source=effective_source(program.code, test.call),
        call=test.call,
        stdin=test.stdin,
        stdout=stdout,
        value=value,
        error=ending_exception(trace),
        trace=trace,
    )


def untold(run: StoredRun) -> Untold | None:
    """None for a run that may be told; else the first thing that stands against it.

    Raises:
        WireError: a truncated log without an end mark.
    """
    if run.nondeterministic:
        return Untold("sandbox", "nondeterministic", f"two runs of this input differ: {run.nondeterministic}")
    if run.verdict not in ("ok", "runtime_error"):
        why = run.detail or run.error_message
        return Untold("sandbox", run.verdict, f"the run ended as {run.verdict}{': ' + why if why else ''}")
    try:
        run.stdout.decode("utf-8")
    except UnicodeDecodeError as error:
        return Untold("sandbox", "undecodable_output", f"stdout is not UTF-8 text (byte {error.start})")
    if run.log is not None and run.integrity == "complete":
        return None
    if run.log is not None and run.integrity == "truncated":
        mark, _ = read_end(run.log)
        return Untold("trace", f"trace_{mark}", run.traced_detail or f"the trace reached its limit of {mark}")
    reason = f"trace_{run.integrity or 'lost'}"
    return Untold("trace", reason, f"no trace to rely on: {run.traced_detail or 'none was made'}")
