"""Whether a trace may be believed: the traced run's own report held against its untraced twin."""

from sandbox.verdict import Report
from schemas.outcome import Outcome, TraceIntegrity
from tracer.forms import OWN_NAME

_OWN_NAME = OWN_NAME.encode()


def difference(untraced: Outcome, other: Outcome) -> str:
    """What a program's user would see differ between two runs of one input; empty if nothing."""
    if untraced.stdout != other.stdout:
        return "stdout"
    if (untraced.exit_code, untraced.signal) != (other.exit_code, other.signal):
        return "the exit status"
    if untraced.value != other.value:
        return "the call's value"
    kinds = [run.error.type if run.error else None for run in (untraced, other)]
    return "" if kinds[0] == kinds[1] else "the exception"


def disagreement(untraced: Outcome, traced: Outcome, report: Report) -> str:
    """Like `difference`, but a run that its recorder stopped at a limit need only have begun the same."""
    if report.clean_end and report.mark in ("events", "bytes"):
        return "" if untraced.stdout.startswith(traced.stdout) else "stdout"
    return difference(untraced, traced)


def judge_trace(untraced: Outcome, traced: Outcome, report: Report) -> tuple[TraceIntegrity, str]:
    """The integrity of a traced run and, unless it is complete, why. Only the first two keep their trace."""
    if report.watched:
        return "tampered", f"the program's own code raised {', '.join(report.watched)}"
    if _OWN_NAME in report.trace:
        return "tampered", "the program has things of the names that it was instrumented with"
    if not report.clean_end:
        return "lost", f"the traced run had no clean end: {traced.verdict} {traced.detail}".rstrip()
    differs = disagreement(untraced, traced, report)
    if differs:
        return "lost", f"{differs} of the traced run is not that of the untraced one"
    if report.mark in ("events", "bytes"):
        return "truncated", f"the trace reached its limit of {report.mark}"
    if not report.installed:
        return "lost", report.detail or "the recorder was gone at the end"
    if report.missed:
        return "lost", f"{report.missed} changes were seen by no event{': ' + report.detail if report.detail else ''}"
    if report.mark != "end" or not report.trace:
        return "lost", report.detail or "the log has no end mark"
    return "complete", ""
