"""Holds the claims of free text against each moment of a trace, and remembers at which moments each is true."""

import ast
from collections import defaultdict

from templates.checking.flow import Flow
from templates.checking.place_text import Nowhere, read_place
from templates.checking.segment import Segment
from templates.checking.source_index import SourceIndex, parse_expression
from templates.checking.value_match import same, same_text
from templates.checking.value_text import Literal, Pair, Reader, Unreadable, read_value
from templates.execution import Execution
from templates.free_text.claims import TextClaim
from tracer.events import Event, Ref, Value
from tracer.replay import State


class Moments:
    """A run, moment by moment: after each event what had changed when the next one came.

    Attributes:
        true: by claim, the moments at which it is true, in order.
        lines: the line that is executed at each moment, 0 for none.
        names: every name that the program binds.
        rounds: the numbers of the iterations that each moment lies in, inner and outer.
    """

    def __init__(self, execution: Execution, claims: set[TextClaim]) -> None:
        self.execution = execution
        self.true: dict[TextClaim, list[int]] = defaultdict(list)
        self.lines: list[int] = []
        self.rounds: list[frozenset[int]] = []
        self._index = SourceIndex(execution.source)
        self.names = frozenset(self._index.bound)
        self._events = execution.trace.events
        self._flow = Flow(self._events, self._index)
        self._claims = [claim for claim in claims if claim.kind not in ("line", "iterations")]
        self._counted = [claim for claim in claims if claim.kind == "iterations"]
        self._replay()

    def _replay(self) -> None:
        links: dict[int, tuple[int, ...]] = {}
        state, flow = State(), self._flow
        if self._events:
            for change in self._events[0].changes:
                state.apply(change)
        for at, event in enumerate(self._events):
            name = flow.frames[event.frame].name if event.frame in flow.frames else event.name
            ended = flow.enter(at)
            state.enter(event)
            following = self._events[at + 1].changes if at + 1 < len(self._events) else self.execution.trace.tail
            segment = Segment(state, following, links)
            flow.probe(segment.frame, segment.probes)
            running = flow.running(segment.frame)
            self.lines.append(running.statement.span[0] if running is not None else 0)
            frame = flow.frames.get(segment.frame)
            self.rounds.append(frozenset(frame.counts.values()) if frame is not None else frozenset())
            if ended is not None and flow.goes_into_body(ended) is False:
                self._note_rounds(at, ended.count)
            for claim in self._claims:
                if self._holds(claim, event, segment, name):
                    self.true[claim].append(at)

    def _note_rounds(self, at: int, count: int) -> None:
        for claim in self._counted:
            if claim.value == str(count):
                self.true[claim].append(at)

    def _holds(self, claim: TextClaim, event: Event, segment: Segment, name: str) -> bool:
        try:
            match claim.kind:
                case "becomes":
                    return self._becomes(claim, segment)
                case "holds":
                    return self._stands(claim, segment) or self._worked(claim, segment)
                case "outcome":
                    return self._came_out(claim, segment)
                case "returns":
                    return self._returned(claim, event, segment, name)
                case "calls":
                    return event.kind == "call" and self._called(claim, event, segment)
                case "prints":
                    return self._printed(claim, segment)
                case "raises":
                    return event.kind == "exception" and event.name == claim.subject
        except (Nowhere, Unreadable, RecursionError):
            return False
        return False

    def _becomes(self, claim: TextClaim, segment: Segment) -> bool:
        """Does a place get this value here, from what it had before?"""
        if not segment.names and not segment.objects:
            return False
        place = read_place(claim.subject)
        now = segment.value_at(place)
        bound = segment.look_up(place.name)[1] is not None
        if not place.links and not bound and not (isinstance(now, Ref) and segment.objects):
            return False
        if not same_text(claim.value, now, segment.now):
            return False
        return not claim.old or same_text(claim.old, segment.value_at(place, before=True), segment.before)

    def _stands(self, claim: TextClaim, segment: Segment) -> bool:
        return same_text(claim.value, segment.value_at(read_place(claim.subject)), segment.now)

    def _nodes(self, segment: Segment, source: str) -> list[ast.expr]:
        running = self._flow.running(segment.frame)
        return running.statement.nodes(self._index, source) if running is not None else []

    def _values(self, segment: Segment, source: str) -> list[Value]:
        running = self._flow.running(segment.frame)
        spans = [self._index.span(node) for node in self._nodes(segment, source)]
        return [value for span in spans for value in running.probes.get(span, ())] if running is not None else []

    def _worked(self, claim: TextClaim, segment: Segment) -> bool:
        values = self._values(segment, claim.subject) if parse_expression(claim.subject) is not None else []
        return any(same_text(claim.value, value, segment.now) for value in values)

    def _came_out(self, claim: TextClaim, segment: Segment) -> bool:
        wanted = claim.value == "True"
        running = self._flow.running(segment.frame)
        if running is not None and getattr(running.statement.node, "test", None) in self._nodes(segment, claim.subject):
            return self._flow.truth(running) is wanted
        plain = [value for value in self._values(segment, claim.subject) if isinstance(value, bool)]
        return wanted in plain

    def _returned(self, claim: TextClaim, event: Event, segment: Segment, name: str) -> bool:
        if event.kind != "return":
            return False
        if claim.subject and "(" not in claim.subject and claim.subject not in (name, name.rpartition(".")[2]):
            return False
        return same_text(claim.value, event.value, segment.now)

    def _called(self, claim: TextClaim, event: Event, segment: Segment) -> bool:
        function, _, inside = claim.subject.partition("(")
        if function.rpartition(".")[2] != event.name.rpartition(".")[2]:
            return False
        given = dict(event.args)
        in_order = [name for name, _ in event.args if name != "self"]
        for place, item in enumerate(Reader(inside).items(")", fields=True)):
            named = isinstance(item, Pair) and isinstance(item.key, str)
            name = item.key if named and isinstance(item, Pair) else "".join(in_order[place : place + 1])
            told = item.value if named and isinstance(item, Pair) else item
            if name not in given or not same(told, given[str(name)], segment.now):
                return False
        return True

    def _printed(self, claim: TextClaim, segment: Segment) -> bool:
        if not segment.printed:
            return False
        text = segment.printed.decode("utf-8", "replace")
        try:
            told = read_value(claim.value)
        except Unreadable:
            told = None
        said = {claim.value, str(told.value) if isinstance(told, Literal) else claim.value}
        pieces = {text, text.strip("\n"), *text.split("\n")}
        return not said.isdisjoint(pieces)
