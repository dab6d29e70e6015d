"""Which ways through a program an execution took, told by its trace."""

from tracer.events import Span, Trace

Branch = tuple[Span | None, Span | None]
"""A statement and the one that ran after it in the same frame; None before the first and after the last."""


def branches_of(trace: Trace) -> frozenset[Branch]:
    """The branches that an execution covers."""
    covered: set[Branch] = set()
    at: dict[int, Span | None] = {}
    for event in trace.events:
        if event.kind == "line":
            covered.add((at.get(event.frame), event.span))
            at[event.frame] = event.span
        elif event.kind in ("return", "unwind"):
            covered.add((at.pop(event.frame, None), None))
    return frozenset(covered)
