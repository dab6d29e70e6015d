"""Writes an execution as frames of the Code World Model: observation and action, one frame an event."""

import json

from templates.execution import Execution
from templates.segments import MUTATIONS
from templates.values import value_text
from tracer.events import Event, Opaque, Span, Value
from tracer.replay import State

MARK = "  # << START_OF_TRACE"
"""The comment on the line where the trace begins."""

_UNCHANGED = ".."
_NAMELESS = ("function", "class", "module")
_WHOLE = 1_000_000
"""Characters of a value: this format leaves nothing out."""


def render_cwm(execution: Execution) -> str:
    """The execution in CWM's trace format: the marked source, then a frame for each call, line, return and exception.

    The observation of a frame is a JSON object of the running frame's names, each value a string; `..` stands for
    a value that is as it was in the last frame of the same function call. Functions, classes and modules are left out.
    """
    return _Frames(execution).render()


class _Frames:
    """One rendering."""

    def __init__(self, execution: Execution) -> None:
        self.execution = execution
        self.lines = execution.source.split("\n")
        self.state = State()
        self.told: dict[int, dict[str, str]] = {}
        self.mutations = 0
        self.texts: dict[tuple[int, str], tuple[int, Value, str]] = {}

    def render(self) -> str:
        """The whole text."""
        pieces = ["<|begin_of_text|><|trace_context_start|>", self._context(), "<|frame_sep|>"]
        for event in self.execution.trace.events:
            for change in event.changes:
                self.state.apply(change)
                self.mutations += isinstance(change, MUTATIONS)
            left = self._leaving(event)
            self.state.enter(event)
            if event.kind != "unwind":
                pieces += [left or self._arriving(event), "<|frame_sep|>"]
        return "".join([*pieces, "<|end_of_text|>"])

    def _context(self) -> str:
        """The source with its entry marked: the call, or the first statement of a script."""
        events = self.execution.trace.events
        entry = len(self.lines) - 1 if self.execution.call is not None else 1
        if self.execution.call is None and events and events[0].span is not None:
            entry = events[0].span[0]
        return "\n".join(line + MARK if at == entry else line for at, line in enumerate(self.lines, 1))

    def _leaving(self, event: Event) -> str:
        """The frame of an event that ends, pauses or breaks off a function; empty for any other."""
        running = self.state.frames.get(event.frame)
        span = event.span if event.kind == "exception" or running is None else running.line
        if event.kind in ("return", "yield"):
            value = value_text(event.value, self.state.heap, _WHOLE)
            return f"<|return_sep|><|action_sep|>{self._line(span)}<|arg_sep|>{json.dumps(value)}"
        if event.kind == "exception":
            text = event.name if event.value is None else f"{event.name}: {event.value!s}"
            return f"<|exception_sep|><|action_sep|>{self._line(span)}<|arg_sep|>{json.dumps(text)}"
        return ""

    def _arriving(self, event: Event) -> str:
        """The frame of an event that a function begins, goes on or runs a statement with."""
        kind = "line" if event.kind == "line" else "call"
        span = event.span or self.state.frames[event.frame].line
        return f"<|{kind}_sep|>{self._locals(event.frame)}<|action_sep|>{self._line(span)}"

    def _line(self, span: Span | None) -> str:
        return f"{self.lines[span[0] - 1]}\n" if span is not None else "\n"

    def _locals(self, frame: int) -> str:
        before = self.told.get(frame, {})
        now: dict[str, str] = {}
        for name, value in self.state.frames[frame].names.items():
            if not (isinstance(value, Opaque) and value.kind in _NAMELESS):
                now[name] = self._text(frame, name, value)
        self.told[frame] = now
        return json.dumps({name: _UNCHANGED if before.get(name) == text else text for name, text in now.items()})

    def _text(self, frame: int, name: str, value: Value) -> str:
        """A name's value; worked out again only where it, or anything on the heap, has changed."""
        known = self.texts.get((frame, name))
        if known is not None and known[0] == self.mutations and known[1] is value:
            return known[2]
        text = value_text(value, self.state.heap, _WHOLE)
        self.texts[frame, name] = self.mutations, value, text
        return text
