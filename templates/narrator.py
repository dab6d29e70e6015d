"""Puts an execution into words: one numbered step an event, every value from the trace or the source."""

import codecs
from typing import Any

from schemas.narration import Narration
from templates.changes import ChangeTeller, Segment, read_segment
from templates.execution import Execution
from templates.flow import Flow, read_flow
from templates.outcomes import Outcomes, Running, leaves_all
from templates.places import Places
from templates.program_model import ProgramError, ProgramModel, read_program
from templates.prompts import narration_prompt
from templates.sentences import code, sentences
from templates.values import atom_text, value_text
from tracer.events import Event, Value
from tracer.replay import State


class NarrationError(Exception):
    """An execution that cannot be narrated.

    Attributes:
        reason: a short code to count by: `trace_incomplete`, `source`, `coroutine`, `statement`, `output`, `input`.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


def narrate(execution: Execution, *, style: str = "steps", seed: int = 0) -> Narration:
    """The prose of an execution; the same arguments give the same text.

    Args:
        seed: picks the wording of the request in the prompt.

    Raises:
        NarrationError: the trace is cut, the source has no model, or the output is no text.
        ValueError: there is no such style.
    """
    trace = execution.trace
    if trace.mark != "end" or not trace.events:
        raise NarrationError("trace_incomplete", f"the trace ends by {trace.mark!r} after {len(trace.events)} events")
    try:
        model = read_program(execution.source)
    except ProgramError as error:
        raise NarrationError("source", str(error)) from error
    if model.has_coroutines:
        raise NarrationError("coroutine", "coroutines start and stop in ways that a trace of calls does not tell")
    teller = _Narrator(execution, model, sentences(style))
    steps = teller.steps()
    write = teller.write
    explanation = "\n".join([write.opening(execution.call is not None), "", *steps, "", write.closing()])
    return Narration(narration_prompt(execution, seed, style), explanation, answer(execution), style, len(steps))


def answer(execution: Execution) -> str:
    """The answer block: what was printed, byte for byte, or what the call gave."""
    if execution.call is None:
        return f"<output>{execution.stdout}</output>"
    if execution.value is None:
        return f"{execution.call} raises {execution.error}"
    return f"assert {execution.call} == {execution.value}"


class _Narrator:
    """One telling of one execution."""

    def __init__(self, execution: Execution, model: ProgramModel, write: Any) -> None:
        self.execution = execution
        self.model = model
        self.write = write
        self.events = execution.trace.events
        self.flow: Flow = read_flow(execution.trace)
        self.state = State()
        self.places = Places(self.state)
        self.changes = ChangeTeller(self.state, self.places, write)
        self.outcomes = Outcomes(execution.source, self.state, self.flow, self.events, write)
        self.running: dict[int, Running] = {}
        self.decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self.read_at = 0
        self.mutations: list[int] = []

    def steps(self) -> list[str]:
        """All steps, numbered."""
        told: list[str] = []
        changes = self.execution.trace.tail
        for change in self.events[0].changes:
            self.places.note(change)
            self.state.apply(change)
        for number, event in enumerate(self.events):
            following = self.events[number + 1].changes if number + 1 < len(self.events) else changes
            told.append(self._step(number, event, following))
        self._print(b"", final=True)
        return told

    def _step(self, number: int, event: Event, changes: tuple[Any, ...]) -> str:
        said = self._event(number, event)
        self.state.enter(event)
        running = self._run(number, event)
        frame = self.state.current if self.state.current in self.state.frames else 0
        segment = read_segment(changes, self.state) if changes else Segment()
        statement = running.statement if running else None
        if running:
            for probe in segment.probes:
                running.probes[probe.span] = probe.value
        probes = running.probes if running else {}
        if segment.objects:
            self.changes.look_before(segment, frame, statement, probes)
        for change in changes:
            self.places.note(change)
            self.state.apply(change)
        if segment.objects:
            self.mutations.extend(segment.objects)
        known: set[str] = set()
        if segment.read:
            said.append(self.write.read(code(repr(self._take(segment.read)))))
        if running:
            running.changed.update(self.mutations[running.since :])
            running.since = len(self.mutations)
            known = running.binds(segment)
            said += self.outcomes.tell(running, number, event, segment)
        said += self.changes.tell(segment, frame, statement, probes, known)
        if running and running.statement.stores and self._is_done(running, number):
            said += self.changes.stays(segment, frame, running.statement, probes)
        if segment.printed and (text := self._print(segment.printed)):
            said.append(self.write.print(code(repr(text))))
        if not said and running:
            said.append(self._fallback(number, running, segment))
        line = event.span[0] if event.kind == "line" and event.span else 0
        return str(self.write.step(number + 1, " ".join(said), line))

    def _run(self, number: int, event: Event) -> Running | None:
        """The execution of a statement that the segment belongs to."""
        owner = self.flow.owner[number]
        if owner < 0:
            return None
        if owner == number:
            assert event.span is not None
            statement = self.model.statement(event.span)
            if statement is None:
                raise NarrationError(
                    "statement", f"no statement begins at line {event.span[0]}, column {event.span[1]}"
                )
            running = Running(statement, number, len(self.mutations))
            self.running[event.frame] = running
            self.outcomes.begin(event.frame, running)
            return running
        return self.running.get(self.events[owner].frame)

    def _is_done(self, running: Running, number: int) -> bool:
        """Has the statement stored to its targets by the end of this segment?"""
        if self._following(number) not in ("line", "return") or self.flow.last[running.number] != number:
            return False
        return running.statement.kind != "for" or self.outcomes.goes_in(running)

    def _following(self, number: int) -> str:
        """The kind of the next event; the end is as good as a return."""
        return self.events[number + 1].kind if number + 1 < len(self.events) else "return"

    def _fallback(self, number: int, running: Running, segment: Segment) -> str:
        """A step that has nothing else to say still says what runs, or that nothing comes of it."""
        statement = running.statement
        following = self._following(number)
        quiet = segment.quiet and not segment.fresh
        if quiet and following in ("line", "return") and leaves_all(running, self.state.heap):
            return str(self.write.idle())
        calls = following in ("call", "resume", "yield")
        again = statement.kind == "for" and running.rounds > 0
        text = statement.heading if again else statement.header if calls else statement.text
        return str(self.write.evaluate(code(text)))

    # Input and output.

    def _take(self, count: int) -> str:
        text = self.execution.stdin[self.read_at : self.read_at + count]
        if len(text) != count:
            raise NarrationError("input", f"{count} characters read at {self.read_at} of {len(self.execution.stdin)}")
        self.read_at += count
        return text

    def _print(self, data: bytes, final: bool = False) -> str:
        try:
            return self.decoder.decode(data, final)
        except UnicodeDecodeError as error:
            raise NarrationError("output", f"what was printed is no UTF-8: {error}") from error

    # Events other than lines.

    def _event(self, number: int, event: Event) -> list[str]:
        write, frames = self.write, self.state.frames
        name = frames[event.frame].name if event.frame in frames else ""
        top = event.frame == 0
        match event.kind:
            case "call":
                arguments = ", ".join(f"{key}={self._text(value)}" for key, value in event.args)
                return [write.call(code(f"{event.name}({arguments})"), self.flow.depth[number])]
            case "resume":
                return [write.resume(code(name))]
            case "yield":
                return [getattr(write, "yield")(code(name), code(self._text(event.value)))]
            case "return" if top:
                return [write.program_end() if self.execution.call is None else write.call_end(self._code(event.value))]
            case "return":
                parent = frames.get(frames[event.frame].parent)
                waits = parent.line if parent else None
                if waits is None:
                    return [write.return_end(code(name), self._code(event.value))]
                return [getattr(write, "return")(code(name), self._code(event.value), waits[0])]
            case "exception":
                if number in self.flow.came_from:
                    return [write.pass_on(code(event.name), "" if top else code(name))]
                message = code(atom_text(event.value)) if event.value else ""
                return [getattr(write, "raise")(code(event.name), message)]
            case "unwind":
                return [write.program_fails() if top else write.unwind(code(name))]
        return []

    def _text(self, value: Value) -> str:
        return value_text(value, self.state.heap)

    def _code(self, value: Value) -> str:
        return code(value_text(value, self.state.heap))
