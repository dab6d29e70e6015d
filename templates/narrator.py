"""Puts an execution into words: one numbered step an event, every value from the trace or the source."""

from schemas.narration import Narration
from templates.changes import ChangeTeller
from templates.event_sentences import EventTeller
from templates.execution import Execution
from templates.flow import Flow, read_flow
from templates.inner_telling import InnerTeller
from templates.long_arithmetic import worked_digits
from templates.outcomes import AT_ONCE, BINDING, WITH_OUTCOME, Outcomes, binds, leaves_all
from templates.places import Places
from templates.program_model import ProgramError, ProgramModel, Statement, read_program
from templates.prompts import narration_prompt
from templates.running import Running
from templates.segments import NOTHING, Scene, Segment, Worked, read_segment
from templates.sentences import Voice, code, sentences
from templates.streams import StreamTeller
from templates.values import literal_text
from tracer.events import EVALUATED, Bind, Change, Event, Ref, Span, Value
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


def narrate(execution: Execution, *, style: str = "steps", seed: int = 0, long_work: bool = False) -> Narration:
    """The prose of an execution; the same arguments give the same text.

    Args:
        style: a style's name, or the path of a style's folder.
        seed: picks the wording of the request and of every sentence.
        long_work: work long multiplications and powers digit by digit and factor by factor.

    Raises:
        NarrationError: the trace is cut, the source has no model, or the output is no text.
        StyleError: there is no such style.
    """
    model = model_of(execution)
    say = Voice(sentences(style), f"{seed}\n{execution.source}\n{execution.stdin}")
    steps = _Narrator(execution, model, say, long_work).steps()
    say.begin(0)
    opening = say("opening" if execution.call is None else "opening__call")
    explanation = "\n".join([opening, "", *steps, "", say("closing")])
    return Narration(narration_prompt(execution, seed, style), explanation, answer(execution), style, len(steps))


def model_of(execution: Execution) -> ProgramModel:
    """The model of the program of an execution that can be told.

    Raises:
        NarrationError: the trace is cut, or the source has no model or coroutines.
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
    return model


def answer(execution: Execution) -> str:
    """The answer block: what was printed, byte for byte, or what the call gave."""
    if execution.call is None:
        return f"<output>{execution.stdout}</output>"
    if execution.value is None:
        return f"{execution.call} raises {execution.error}"
    return f"assert {execution.call} == {execution.value}"


class _Narrator:
    """One telling of one execution."""

    def __init__(self, execution: Execution, model: ProgramModel, say: Voice, long_work: bool) -> None:
        self.execution = execution
        self.model = model
        self.say = say
        self.events = execution.trace.events
        self.flow: Flow = read_flow(execution.trace)
        self.state = State()
        self.places = Places(self.state)
        self.changes = ChangeTeller(self.state, self.places, say)
        self.outcomes = Outcomes(self.state, self.flow, self.events, self.changes, long_work=long_work)
        self.running: dict[int, Running] = {}
        self.mutations: list[int] = []
        self.streams = StreamTeller(execution.stdin, say)
        self.inner = InnerTeller(model, self.state.heap, say)
        self.happenings = EventTeller(self.state, self.flow, self.running, execution.call is None, say)

    def steps(self) -> list[str]:
        """All steps, numbered."""
        told: list[str] = []
        for change in self.events[0].changes:
            self.places.note(change)
            self.state.apply(change)
        last = len(self.events) - 1
        for number, event in enumerate(self.events):
            following = self.events[number + 1].changes if number < last else self.execution.trace.tail
            self.say.begin(number + 1)
            said = " ".join(self._step(number, event, following))
            span = event.span
            if event.kind == "line" and span is not None:
                told.append(f"{number + 1}. Line {span[0]}: {said}")
            else:
                told.append(f"{number + 1}. {said}")
        try:
            self.streams.close()
        except UnicodeDecodeError as error:
            raise NarrationError("output", f"what was printed is no UTF-8: {error}") from error
        return told

    def _step(self, number: int, event: Event, changes: tuple[Change, ...]) -> list[str]:
        state, owner = self.state, event.frame
        before: Statement | None = None
        if event.kind == "line":
            said: list[str] = []
            last = self.running.get(owner)
            before = last.statement if last is not None else None
            state.current = owner
            state.frames[owner].line = event.span
        else:
            said = self.happenings.tell(number, event, changes)
            state.enter(event)
        segment = read_segment(changes, state) if changes else NOTHING
        running = self._run(number, event)
        frame = state.current if state.current in state.frames else 0
        if event.kind == "line" and running is not None:
            said += self.outcomes.begin(owner, running, before)
        elif event.kind == "exception":
            self.outcomes.pending[owner] = event.name
        probes: dict[Span, Value] = {}
        if running is not None:
            probes = running.probes
            for probe in segment.probes:
                probes[probe.span] = probe.value
        scene = Scene(segment, frame, running.statement if running else None, probes)
        if segment.objects:
            self.changes.look_before(scene)
            self.mutations.extend(segment.objects)
        self._apply(changes)
        if segment.read:
            said += self._read(segment.read)
        if running is not None:
            if running.since != len(self.mutations):
                running.changed = {*running.changed, *self.mutations[running.since :]}
                running.since = len(self.mutations)
            inner = self.inner.tell(changes, frame, running) if segment.inner else []
            said += self._statement(running, number, event, scene, inner)
        elif segment.order:
            said += self.changes.tell(scene)
        if segment.printed:
            said += self._print(segment.printed)
        if not said and running:
            said.append(self._fallback(number, running, segment))
        return said

    def _apply(self, changes: tuple[Change, ...]) -> None:
        """Makes a segment's changes."""
        state = self.state
        for change in changes:
            sort = change.__class__
            if sort is Bind:
                state.frames[change.frame].names[change.name] = change.value  # type: ignore[union-attr]
            elif sort not in EVALUATED:
                self.places.note(change)
                state.apply(change)

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
            running = self.running[event.frame] = Running(statement, number, len(self.mutations))
            return running
        return self.running.get(self.events[owner].frame)

    def _statement(self, running: Running, number: int, event: Event, scene: Scene, inner: list[str]) -> list[str]:
        """Everything that a segment says of the statement it belongs to; `inner` is said of inner scopes."""
        said: list[str] = []
        statement, state, segment = running.statement, self.state, scene.segment
        plan = running.plan = None
        already = len(running.values)
        # With conditions probed alone, what is missing was evaluated all the same.
        if segment.probes and self.execution.trace.header.get("probe") == "full":
            came_back = event.kind in ("return", "yield") and self._came_back(event, segment)
            plan = running.take(segment.probes, state.heap, came_back, self._following(number) == "exception")
        outcomes, kind = self.outcomes, statement.kind
        worked: Worked | None = None
        now = ""
        if plan is not None and plan.main is not None and kind != "augmented":
            shown = plan.main.fill(running.texts)
            if shown or plan.main.expression.kind not in ("name", "attribute", "constant"):
                now = code(running.value_text(plan.main, state.heap))
                worked = Worked(running.values[plan.main.value], plan.main.source, "" if shown == now else shown)
        if plan is not None and plan.works:
            said += outcomes.work(running, inner, already + segment.before_inner)
        else:
            said += inner
        if event.kind == "line" and kind in AT_ONCE:
            at_once = outcomes.at_once(running, worked, now)
            said = said + at_once if worked is not None else at_once + said
        if kind in WITH_OUTCOME and self.flow.last[running.number] == number:
            said += outcomes.outcome(running, self.events[running.number].frame)
        scene.worked = worked
        told: list[str] = []
        if segment.order:
            if kind in BINDING:
                scene.known = binds(statement, segment)
            told = self.changes.tell(scene)
        if statement.stores and self._is_done(running, number):
            told += self.changes.stays(scene)
        if plan is not None:
            if worked is not None and not worked.told and plan.main is not None:
                said += outcomes.worked_out(running, plan.main)
            elif worked is not None and plan.main is not None and outcomes.long_work:
                told += worked_digits(plan.main, running, self.say)
            elif kind == "augmented" and plan.main is not None:
                said += self._augmented(running, segment, scene.frame)
            if plan.unevaluated and statement.test is None:
                told += outcomes.left_out(running)
        said += told
        return said

    def _augmented(self, running: Running, segment: Segment, frame: int) -> list[str]:
        """The operation of an augmented assignment, with what stood at its target."""
        plan, statement = running.plan, running.statement
        assert plan is not None and plan.main is not None
        old = self._stood(running, segment, frame) if plan.main.forms else ...
        text = literal_text(old, self.state.heap, running.changed) if old is not ... and type(old) is not Ref else None
        if text is None:
            return [sentence for piece in plan.spare for sentence in self.outcomes.worked_out(running, piece)]
        fenced = f"({text})" if text[0] == "-" and statement.operator == "**" else text
        return [self.say("augmented", plan.main.source, plan.main.fill([*running.texts, fenced]))]

    def _stood(self, running: Running, segment: Segment, frame: int) -> Value:
        """What stood at the target of an augmented assignment; `...` where that is not known."""
        target = running.statement.stores[0]
        if target.kind == "name":
            for home in (frame, 0):
                known = segment.old_names.get((home, target.text))
                if known is not None:
                    return known.value
                if target.text in self.state.frames[home].names and (home, target.text) not in segment.names:
                    return self.state.frames[home].names[target.text]
            return ...
        path = self.places.path_of(target, frame, running.probes)
        holder = running.probes.get(target.parts[0].span)
        if path is None or type(holder) is not Ref:
            return ...
        item = segment.old_items.get((holder.id, path[2][-1]))
        if item is not None:
            return item.value
        found = self.places.follow(path, frame) if holder.id not in segment.objects else None
        return ... if found is None else found

    def _came_back(self, event: Event, segment: Segment) -> bool:
        """Has the event told the segment's first value?"""
        if not segment.probes or (segment.inner and not segment.before_inner):
            return False
        first = segment.probes[0].value
        return type(first) is type(event.value) and first == event.value

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
            return self.say("idle")
        calls = following in ("call", "resume", "yield")
        again = statement.kind == "for" and running.rounds > 0
        text = statement.heading if again else statement.header if calls else statement.text
        return self.say("evaluate", code(text))

    # Input and output.

    def _read(self, count: int) -> list[str]:
        try:
            return self.streams.read(count)
        except ValueError as error:
            raise NarrationError("input", str(error)) from error

    def _print(self, data: bytes) -> list[str]:
        try:
            return self.streams.print(data)
        except UnicodeDecodeError as error:
            raise NarrationError("output", f"what was printed is no UTF-8: {error}") from error
