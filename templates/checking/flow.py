"""Where control was: the statement that each frame executes, its probes, its loops and what came of it."""

import ast
from dataclasses import dataclass, field
from typing import Literal

from templates.checking.source_index import LOOPS, WITHS, SourceIndex, Statement
from tracer.events import Event, Probe, Span, Value

Next = tuple[Literal["line", "exception", "unwind", "return", "end"], int]
"""What decides the outcome of a statement in its frame, and the index of that event."""


@dataclass(eq=False)
class Running:
    """One execution of a statement in a frame.

    Attributes:
        at: index of its (latest) `line` event.
        count: of a loop's header, the number of iterations begun since it was entered.
        entered: of a loop's header, whether the loop had been entered before; of `with`, whether this is its exit.
        step: the step that told it first, for messages.
        folded: whether it ran within a range that tells no outcomes.
        decided: whether it goes into its body, as found for the event of `at`.
    """

    statement: Statement
    at: int
    step: int
    count: int = 0
    entered: bool = False
    folded: bool = False
    decided: tuple[int, bool | None] = (-1, None)
    probes: dict[Span, list[Value]] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Activation:
    """What the checker keeps of a frame.

    Attributes:
        defined: where its function is defined, None for the module.
        before: the statement that ran before the one that runs.
        raised: the type of the exception that is on its way through the frame, or empty.
    """

    name: str
    depth: int
    defined: Span | None = None
    running: Running | None = None
    before: Statement | None = None
    raised: str = ""
    counts: dict[Statement, int] = field(default_factory=dict)


class Flow:
    """Follows the events of a trace."""

    def __init__(self, events: tuple[Event, ...], index: SourceIndex) -> None:
        self.index = index
        self.events = events
        self.frames: dict[int, Activation] = {0: Activation("<module>", 0)}
        self._next = _decisive(events)

    def enter(self, at: int) -> Running | None:
        """Takes note of event number `at`; gives back the execution of a statement that it ends."""
        event = self.events[at]
        ended = None
        match event.kind:
            case "line":
                frame = self.frames[event.frame]
                ended = frame.running
                frame.running = self._line(frame, at, event.span)
                if frame.running is ended:
                    ended = None
            case "call":
                parent = self.frames.get(event.parent)
                self.frames[event.frame] = Activation(event.name, (parent.depth if parent else 0) + 1, event.span)
            case "exception":
                if event.frame in self.frames:
                    self.frames[event.frame].raised = event.name
            case "return" | "unwind":
                frame = self.frames[event.frame]
                ended, frame.running = frame.running, None
                if event.frame:
                    del self.frames[event.frame]
        return ended

    def _line(self, frame: Activation, at: int, span: Span | None) -> Running | None:
        statement = self.index.statements.get(span) if span else None
        if statement is None:
            return None
        before = frame.running
        if before is not None and before.statement is statement:
            before.at = at
            if isinstance(statement.node, WITHS):
                before.entered = True
            return before
        running = Running(statement, at, at + 1)
        if before is not None:
            frame.before = before.statement
        if frame.raised and not self._passes_on(statement):
            frame.raised = ""
        inside = before is not None and statement.holds(before.statement.span[:2])
        if isinstance(statement.node, LOOPS):
            running.entered = inside
            running.count = frame.counts.get(statement, 0) if inside else 0
            if self.goes_into_body(running):
                running.count += 1
            frame.counts[statement] = running.count
        elif isinstance(statement.node, WITHS):
            running.entered = inside
        return running

    def _passes_on(self, statement: Statement) -> bool:
        """Does an exception stay on its way while this statement runs?"""
        if isinstance(statement.node, (ast.ExceptHandler, *WITHS)):
            return True
        return self.index.begins.get(statement.node, (None, ""))[1] == "finalbody"

    def probe(self, frame: int, probes: list[Probe]) -> None:
        """Adds what was evaluated to the statement that the frame executes."""
        activation = self.frames.get(frame)
        if activation is not None and activation.running is not None:
            for probe in probes:
                activation.running.probes.setdefault(probe.span, []).append(probe.value)

    def running(self, frame: int) -> Running | None:
        """The statement that a frame executes."""
        activation = self.frames.get(frame)
        return activation.running if activation is not None else None

    def goes_into_body(self, running: Running) -> bool | None:
        """Does the frame go on in the statement's body? None where an exception came between."""
        known, into = running.decided
        if known == running.at:
            return into
        kind, at = self._after(running)
        into = None
        if kind not in ("exception", "unwind"):
            span = self.events[at].span if kind == "line" else None
            into = span is not None and running.statement.holds(span[:2])
        running.decided = (running.at, into)
        return into

    def goes_to(self, running: Running, block: list[ast.stmt]) -> bool:
        """Does the frame go on in this block of the source?"""
        kind, at = self._after(running)
        span = self.events[at].span if kind == "line" else None
        return span is not None and self.index.within(block, span[:2])

    def next_line(self, running: Running) -> int | None:
        """The line of the statement with which the frame goes on; None where it does not."""
        kind, at = self._after(running)
        span = self.events[at].span if kind == "line" else None
        return span[0] if span is not None else None

    def _after(self, running: Running) -> Next:
        kind, at = self._next[running.at]
        while kind == "line" and self.events[at].span == running.statement.span and at > running.at:
            # The header's own line comes again while its test is worked out.
            kind, at = self._next[at]
        return kind, at

    def truth(self, running: Running) -> bool | None:
        """How the statement's test came out, None where it did not or cannot be known."""
        node = running.statement.node
        test = node.guard if isinstance(node, ast.match_case) else getattr(node, "test", None)
        if not isinstance(test, ast.expr):
            return None
        values = running.probes.get(self.index.span(test))
        if not values and isinstance(node, ast.match_case):
            return None
        if isinstance(node, (ast.If, ast.While, ast.match_case)):
            into = self.goes_into_body(running)
            if into is not None:
                return into
        if values and isinstance(values[-1], (int, float, str, bytes, complex, type(None))):
            return bool(values[-1])
        if isinstance(test, ast.Constant):
            return bool(test.value)
        if isinstance(node, ast.Assert):
            kind, at = self._next[running.at]
            if kind == "exception":
                return False if self.events[at].name == "AssertionError" else None
            return True
        return None


def _decisive(events: tuple[Event, ...]) -> list[Next]:
    """For each event, what its frame's own next decisive event is."""
    found: list[Next] = [("end", -1)] * len(events)
    latest: dict[int, Next] = {}
    for at in range(len(events) - 1, -1, -1):
        event = events[at]
        found[at] = latest.get(event.frame, ("end", -1))
        match event.kind:
            case "line" | "exception" | "unwind" | "return":
                latest[event.frame] = (event.kind, at)
    return found
