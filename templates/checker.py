"""The checker: reads a narration back, sentence by sentence, against the source and the trace; it trusts nobody."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from schemas.narration import CheckReport, UngroundedClaim
from templates.checking.change_claims import CHANGES
from templates.checking.claims import Claim, Patterns, Sentence, Step, is_marked, patterns_of, sentences_of, step_of
from templates.checking.event_claims import EVENTS
from templates.checking.flow import Flow, Running
from templates.checking.inner_claims import INNER, inner_missing
from templates.checking.inner_rounds import NO_INNER, InnerRounds
from templates.checking.loop_claims import LOOPING
from templates.checking.moment import Moment, Refused, Verify
from templates.checking.net_segment import NetSegment
from templates.checking.omissions import effect, untold_text
from templates.checking.place_text import Nowhere
from templates.checking.quick import QUICK
from templates.checking.range_claims import FOLDS, WITHIN, Range
from templates.checking.retelling import Retelling
from templates.checking.segment import Segment
from templates.checking.source_index import SourceIndex
from templates.checking.statement_claims import STATEMENTS, outcome_missing
from templates.checking.stream_claims import STREAMS
from templates.checking.value_text import Unreadable
from templates.checking.work_claims import WORKING
from templates.execution import Execution
from tracer.events import Event, Printed, Read
from tracer.replay import State

MAX_PROBLEMS = 20
"""Problems after which a narration is not read on."""

_CLAIMS = {**STATEMENTS, **LOOPING, **WORKING, **INNER, **CHANGES, **STREAMS, **EVENTS}
_RANGES = {**CHANGES, **STREAMS, **WITHIN}
_BLOCKS = {**_CLAIMS, **WITHIN}


class _Enough(Exception):
    """As many problems as are reported."""


@lru_cache(maxsize=64)
def _index_of(source: str) -> SourceIndex:
    return SourceIndex(source)


def check(execution: Execution, explanation: str, answer: str, *, style: str | Path = "steps") -> CheckReport:
    """Holds every claim of a narration, and what it leaves out, against an execution.

    Returns what was found wrong, at most `MAX_PROBLEMS` problems; a narration is true when there are
    none. Step 0 stands for what belongs to no step. Never raises, whatever the texts are.
    """
    reading = _Reading(execution)
    try:
        patterns = patterns_of(style)
    except (OSError, ValueError) as error:
        return CheckReport(0, (UngroundedClaim(0, str(style), f"the style cannot be read: {error}"),))
    try:
        reading.steps(explanation, patterns)
    except _Enough:
        pass
    except Exception as error:  # A text or trace that breaks the reader is no true narration, and no crash either.
        reading.problems.append(UngroundedClaim(reading.at, "", f"it cannot be followed: {error!r}"))
    reading.answer(answer)
    return CheckReport(reading.claims, tuple(reading.problems[:MAX_PROBLEMS]), reading.left_out)


class _Reading:
    """One narration being read beside the trace."""

    def __init__(self, execution: Execution) -> None:
        self.execution = execution
        self.events = execution.trace.events
        self.claims = 0
        self.left_out = 0
        self.problems: list[UngroundedClaim] = []
        self.at = 0
        self._state = State()
        self._links: dict[int, tuple[int, ...]] = {}
        self._left = ""
        self._raised: dict[int, str] = {}
        self._retelling = Retelling()

    def problem(self, step: int, claim: str, reason: str) -> None:
        """Notes a problem."""
        self.problems.append(UngroundedClaim(step, claim, reason))
        if len(self.problems) >= MAX_PROBLEMS:
            raise _Enough

    def answer(self, answer: str) -> None:
        """Holds the answer block against what truly came out, byte for byte."""
        self.claims += 1
        done = self.execution
        if done.kind == "stdin":
            true = f"<output>{done.stdout}</output>"
        elif done.value is not None:
            true = f"assert {done.call} == {done.value}"
        else:
            true = f"{done.call} raises {done.error}"
        if answer != true:
            differs = next((i for i, (a, b) in enumerate(zip(answer, true, strict=False)) if a != b), None)
            where = min(len(answer), len(true)) if differs is None else differs
            reason = f"the answer differs from the true one at character {where}: {true[where : where + 40]!r} belongs"
            self.problems.append(UngroundedClaim(0, answer[:200], reason))

    # The steps.

    def steps(self, explanation: str, patterns: Patterns) -> None:
        """Reads the whole explanation."""
        if self.execution.trace.mark != "end":
            self.problem(0, "", f"the trace is cut ({self.execution.trace.mark}): nothing can be held against it")
            return
        try:
            index = _index_of(self.execution.source)
        except (SyntaxError, ValueError) as error:
            self.problem(0, "", f"the source is no program: {error}")
            return
        self._flow = Flow(self.events, index)
        self._inner = InnerRounds(index)
        self._index = index
        if self.events:
            for change in self.events[0].changes:
                self._state.apply(change)
                if isinstance(change, Printed | Read):
                    self.problem(0, "", "the trace prints or reads before its first event")
            self._retelling.begin(self._state)
        expected = 0
        for step in self._numbered(explanation, patterns):
            if step.number <= expected:
                self.problem(
                    step.number, step.text, f"step {expected + 1} belongs here: it stands again or out of order"
                )
                continue
            while expected + 1 < step.number and expected < len(self.events):
                expected += 1
                self.problem(expected, "", f"step {expected} is not told")
                self._pass(expected - 1, None)
            if step.number > len(self.events):
                self.problem(step.number, step.text, f"the trace has only {len(self.events)} events")
                continue
            if step.last != step.number:
                expected = self._range(step)
                continue
            expected += 1
            self._pass(expected - 1, step)
        while expected < len(self.events):
            expected += 1
            self.problem(expected, "", f"step {expected} is not told")
        for frame in self._flow.frames.values():
            self._check_outcome(frame.running)
        if not self.problems and (said := self._retelling.end(self._state)):
            self.problem(0, "", said)

    def _numbered(self, explanation: str, patterns: Patterns) -> Iterator[Step]:
        lines = explanation.split("\n")
        while lines and not lines[-1].strip():
            lines.pop()
        last = len(lines) - 1
        begun, marked = False, is_marked(explanation)
        for number, line in enumerate(lines):
            step = step_of(line, patterns, marked=marked)
            if step is not None:
                begun = True
                self.at = step.number
                yield step
                continue
            if not line.strip():
                continue
            kind = "closing" if number == last else "opening"
            for sentence in sentences_of(line, patterns):
                self.claims += 1
                fits = any(fit.pattern.kind == kind for fit in sentence.shape.fits)
                if not fits or (kind == "opening" and begun):
                    self.problem(self.at, sentence.text, "it belongs to no step and is no opening or closing sentence")

    def _pass(self, at: int, step: Step | None) -> None:
        """Moves past event number `at`, and holds its step against it."""
        self.at = at + 1
        event = self.events[at]
        flow, state = self._flow, self._state
        name = flow.frames[event.frame].name if event.frame in flow.frames else event.name
        ended = flow.enter(at)
        if event.kind in ("return", "unwind") and event.frame and not self.problems:
            said = self._retelling.end_frame(event.frame, state)
            if said:
                self.problem(at + 1, "", said)
        state.enter(event)
        self._check_outcome(ended)
        left = self._passing(event)
        following = self.events[at + 1].changes if at + 1 < len(self.events) else self.execution.trace.tail
        segment = Segment(state, following, self._links)
        running = flow.running(segment.frame)
        flow.probe(segment.frame, segment.probes)
        inner = NO_INNER
        if segment.has_inner and running is not None:
            inner = self._inner.follow(following, segment.frame, running.at)
        if step is None:
            return
        waits = None
        if event.kind == "return" and event.frame:
            parent = state.frames.get(state.current)
            waits = parent.line[0] if parent is not None and parent.line is not None else None
        moment = Moment(
            self.execution,
            event,
            at,
            self._index,
            flow,
            segment,
            running,
            left,
            (name, waits),
            self._retelling,
            inner=inner,
        )
        self._check_line(step, event)
        if not step.sentences:
            self.problem(step.number, step.text, "the step says nothing")
        for sentence in step.sentences:
            self._sentence(moment, step.number, sentence, _CLAIMS)
        self._complete(moment, step)

    def _range(self, step: Step) -> int:
        """Moves past a range of events that one step tells, and holds the step against it; the last step it passed."""
        first, last = step.number - 1, step.last - 1
        if last <= first or last >= len(self.events):
            self.problem(step.number, step.text, f"a range goes on to a later step, of {len(self.events)}")
            self._pass(first, None)
            return step.number
        flow, state, following = self._flow, self._state, self.execution.trace.tail
        segment = NetSegment(state, self._links)
        found = Range(first, last, state.current, frozenset(flow.frames))
        for at in range(first, last + 1):
            self.at = at + 1
            event = self.events[at]
            ended = flow.enter(at)
            state.enter(event)
            if ended is not None and ended.at < first:
                self._check_outcome(ended)
            self._passing(event)
            found.left |= event.kind in ("return", "unwind") and event.frame == found.view
            running = flow.running(state.current)
            if running is not None and running.step == at + 1:
                running.folded = True
                found.begun.append((state.current, running))
            changes = self.events[at + 1].changes if at + 1 < len(self.events) else following
            segment.has_inner = False
            probes = segment.absorb(changes)
            flow.probe(state.current, probes)
            if segment.has_inner and running is not None:
                self._inner.follow(changes, state.current, running.at)
        segment.settle()
        self.at = step.number
        self._hold_range(step, found, segment)
        return step.last

    def _hold_range(self, step: Step, found: Range, segment: NetSegment) -> None:
        event, flow = self.events[found.last], self._flow
        moment = Moment(
            self.execution,
            event,
            found.last,
            self._index,
            flow,
            segment,
            None,
            "",
            ("", None),
            self._retelling,
            range=found,
        )
        if step.line is not None:
            self.problem(step.number, step.text, "a range names no line")
        verify = _RANGES
        for number, sentence in enumerate(step.sentences):
            kinds = {fit.pattern.kind for fit in sentence.shape.fits}
            if "block" in kinds and not number:
                moment.running = flow.running(found.view)
                if moment.running is not None:
                    moment.running.folded = False
                verify = _BLOCKS
            self._sentence(moment, step.number, sentence, FOLDS if not number else verify)
        if not moment.mains:
            self.problem(step.number, step.text, "it does not say what it folds")
        if found.view in self._state.frames:
            self._changes_told(moment, step, self._folded_names(found, segment))

    @staticmethod
    def _folded_names(found: Range, segment: NetSegment) -> frozenset[str]:
        """The names that a definition or import within the range binds."""
        names = {name for frame, running in found.begun if frame == found.view for name in running.statement.binds}
        return frozenset(names) | ({name for _, name in segment.names} if "*" in names else frozenset())

    def _passing(self, event: Event) -> str:
        """The exception that was leaving a frame when this event came; remembers the one that leaves now."""
        left, self._left = self._left, ""
        if event.kind == "exception":
            self._raised[event.frame] = event.name
        elif event.kind == "unwind":
            self._left = self._raised.get(event.frame, left)
        return left

    def _check_line(self, step: Step, event: Event) -> None:
        line = event.span[0] if event.kind == "line" and event.span else None
        if step.line != line:
            true = f"it is at line {line}" if line is not None else f"a {event.kind} names no line of its own"
            self.problem(step.number, step.text[: step.text.find(":") + 1] or step.text, true)

    def _sentence(self, moment: Moment, number: int, sentence: Sentence, known: dict[str, Verify]) -> None:
        self.claims += 1
        if known is _CLAIMS:
            for fit in sentence.shape.fits:
                quick = QUICK.get(fit.pattern.kind)
                if quick is not None and quick(moment, sentence.codes, fit):
                    return
        reasons: list[str] = []
        for fit in sentence.shape.fits:
            claim = sentence.claim(fit)
            verify = known.get(claim.kind)
            if verify is None:
                reasons.append("such a sentence does not belong into this step")
                continue
            try:
                verify(moment, claim)
            except (Refused, Nowhere, Unreadable) as error:
                reasons.append(str(error))
            except (RecursionError, MemoryError):
                reasons.append("it is nested too deeply to be read")
            else:
                self._retell(moment, claim)
                return
        self.problem(number, sentence.text, "; or ".join(reasons) or "no pattern of the style matches this sentence")

    def _retell(self, moment: Moment, claim: Claim) -> None:
        if claim.kind in ("call", "call_itself"):
            self._retelling.call(moment.event, claim.code["call"], moment.segment.now)
        else:
            self._retelling.tell(moment, claim)

    def _complete(self, moment: Moment, step: Step) -> None:
        """Looks for what the step leaves out."""
        event, segment = moment.event, moment.segment
        self.left_out += moment.inner.left_out()
        if moment.inner is not NO_INNER and (missing := inner_missing(moment)):
            self.problem(step.number, step.text, f"it does not tell {missing}")
        if event.kind == "line" and segment.is_plain() and not moment.idle:
            return
        if event.kind != "line" and not moment.mains:
            self.problem(step.number, step.text, f"it does not tell the event, a {event.kind}")
        names = frozenset(moment.running.statement.binds) if moment.running is not None else frozenset()
        if "*" in names:
            names |= {name for _, name in segment.names}
        self._changes_told(moment, step, names)

    def _changes_told(self, moment: Moment, step: Step, exempt: frozenset[str]) -> None:
        """Looks for changes, output and input that a step leaves out; the names in `exempt` need not be told."""
        segment = moment.segment
        if moment.idle and (said := effect(moment)):
            self.problem(step.number, "Nothing changes.", f"something does: {said}")
        if segment.names or segment.objects:
            for made in segment.untold(exempt):
                self.problem(step.number, step.text, f"it does not tell that {untold_text(moment, made)}")
        if moment.printed < len(segment.printed):
            self.problem(
                step.number, step.text, f"it does not tell that {segment.printed[moment.printed :]!r} is printed"
            )
        read = segment.read_to - segment.read_from
        if moment.read < read:
            self.problem(step.number, step.text, f"it does not tell that {read - moment.read} characters are read")
        if not self.problems and (said := self._retelling.settle(moment)):
            self.problem(step.number, step.text, said)

    def _check_outcome(self, running: Running | None) -> None:
        if running is None or not running.statement.decides or running.folded:
            return
        if missing := outcome_missing(self._flow, running):
            self.problem(running.step, "", f"it does not say {missing}")
