"""Tells what came of a statement: conditions, branches, loops, handlers, and how its expressions were worked out."""

from dataclasses import dataclass, field
from typing import Any

from templates.changes import Segment
from templates.expressions import Expression
from templates.flow import Flow, Loops
from templates.program_model import Statement
from templates.sentences import code
from templates.values import Heap, value_text
from templates.work import Substitution, worth_telling
from tracer.events import Event, Exact, Opaque, Ref, Span, Value
from tracer.replay import State

_BY_SUBSTITUTION = frozenset({"binary", "unary", "comparison", "boolean", "call"})


@dataclass
class Running:
    """One execution of one statement.

    Attributes:
        number: its `line` event.
        since: how many mutations of objects it has taken notice of.
        rounds: of a loop, how many iterations it has gone into before.
        probes: the value of each sub-expression evaluated so far.
        changed: objects that changed since it began.
    """

    statement: Statement
    number: int
    since: int
    rounds: int = 0
    probes: dict[Span, Value] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)

    def binds(self, segment: Segment) -> set[str]:
        """The names of a segment that its own sentence says it binds."""
        statement = self.statement
        if statement.kind in ("def", "class"):
            return {statement.label}
        if statement.kind != "import":
            return set()
        return {name for _, name in segment.names} if statement.label == "*" else set(statement.label.split(", "))


def leaves_all(running: Running, heap: Heap) -> bool:
    """Is it certain that a statement of which the trace shows no change has changed nothing?

    A call, and an attribute of a class, may change what no trace looks into.
    """
    statement, probes = running.statement, running.probes
    match statement.kind:
        case "pass":
            return True
        case "assign" | "annotated" | "augmented":
            return not _calls(statement.value) and all(_is_known(target, probes, heap) for target in statement.targets)
        case "expression" if statement.value is not None and statement.value.word.startswith("."):
            receiver, *arguments = statement.value.parts
            found = probes.get(receiver.span)
            plain = type(found) is Ref and heap[found.id].type == heap[found.id].kind
            return plain and not any(isinstance(probes.get(part.span), Opaque) for part in arguments)
        case "expression":
            return not _calls(statement.value)
    return False


def _is_known(target: Expression, probes: dict[Span, Value], heap: Heap) -> bool:
    """Would the trace show a change of what is stored to?"""
    if target.kind not in ("attribute", "subscript"):
        return all(_is_known(part, probes, heap) for part in target.parts)
    found = probes.get(target.parts[0].span)
    return type(found) is Ref and (heap[found.id].kind == "object") == (target.kind == "attribute")


def _calls(expression: Expression | None) -> bool:
    """Does an expression call anything?"""
    if expression is None:
        return False
    return expression.kind in ("call", "comprehension", "other") or any(map(_calls, expression.parts))


class Outcomes:
    """Writes the sentences on statements."""

    def __init__(self, source: str, state: State, flow: Flow, events: tuple[Event, ...], write: Any) -> None:
        self.source = source
        self.state = state
        self.flow = flow
        self.events = events
        self.write = write
        self.loops = Loops()

    def begin(self, frame: int, running: Running) -> None:
        """A statement is about to run."""
        running.rounds = self.loops.arrive(frame, running.statement)

    def goes_in(self, running: Running) -> bool:
        """Does control go on into the statement's block?"""
        follows = self.flow.follows[running.number]
        span = self.events[follows].span if follows >= 0 else None
        return span is not None and running.statement.holds(span[:2])

    def tell(self, running: Running, number: int, event: Event, segment: Segment) -> list[str]:
        """The sentences on a statement that stand in the step of this event."""
        said: list[str] = []
        if event.kind == "line":
            said += self._at_once(running)
        said += self._work(running, number, segment)
        if self.flow.last[running.number] == number:
            said += self._outcome(running, self.events[running.number].frame)
        return said

    def _at_once(self, running: Running) -> list[str]:
        statement = running.statement
        write, label = self.write, statement.label
        match statement.kind:
            case "def":
                return [write.define_function(code(label))]
            case "class":
                return [write.define_class(code(label))]
            case "import":
                return [getattr(write, "import")(code(label))]
            case "with" if running.rounds:
                return [write.leave_with(code(label))]
            case "break":
                return [getattr(write, "break")()]
            case "continue":
                return [getattr(write, "continue")()]
            case "return" if statement.value is None:
                return [write.return_nothing()]
            case "return":
                return [write.return_source(code(statement.returned))]
            case "raise":
                return [write.raise_source(code(label))] if label else [write.raise_source()]
        return []

    # Expressions.

    def _work(self, running: Running, number: int, segment: Segment) -> list[str]:
        if not segment.probes:
            return []
        fresh = {probe.span for probe in segment.probes}
        by_call = self._came_back(self.events[number], segment)
        said = []
        for expression in worth_telling(running.statement):
            if expression.span in fresh and expression.span != by_call:
                said += self._worked_out(running, expression)
        if not said and self._fails_next(number):
            for root in running.statement.roots:
                if root is not running.statement.test:
                    said += self._operands(running, root, fresh)
        return said

    def _fails_next(self, number: int) -> bool:
        """Does the segment end with an exception?"""
        return number + 1 < len(self.events) and self.events[number + 1].kind == "exception"

    def _operands(self, running: Running, expression: Expression, fresh: set[Span]) -> list[str]:
        """What an expression that came to no value had in hand."""
        if expression.span in fresh:
            return self._worked_out(running, expression, bare=True)
        return [sentence for part in expression.parts for sentence in self._operands(running, part, fresh)]

    def _came_back(self, event: Event, segment: Segment) -> Span | None:
        """The call whose value the `return` or `yield` before this segment has already told."""
        return segment.probes[0].span if event.kind in ("return", "yield") else None

    def _worked_out(self, running: Running, expression: Expression, bare: bool = False) -> list[str]:
        """How an expression came to its value; without operands just the value, if `bare` or a call's argument."""
        value = running.probes[expression.span]
        if isinstance(value, Opaque):
            return []
        held: set[int] = set()
        text = value_text(value, self.state.heap, seen=held)
        shown = self._substitution(running).shown(expression)
        if shown == text or not held.isdisjoint(running.changed):
            return []
        if shown == expression.text:
            argument = expression.kind == "call" and running.statement.kind == "expression" and value is not None
            told = bare or (argument and expression in running.statement.roots)
            return [self.write.work_plain(code(shown), code(text))] if told else []
        return [self.write.work(code(expression.text), code(shown), code(text))]

    def _substitution(self, running: Running) -> Substitution:
        return Substitution(self.source, self.state.heap, running.probes, running.changed)

    # Outcomes.

    def _outcome(self, running: Running, frame: int) -> list[str]:
        statement = running.statement
        goes_in = self.goes_in(running)
        if self.flow.raised[running.number]:
            return self._failed_assertion(running)
        match statement.kind:
            case "if":
                return [*self._condition(running, goes_in), self.write.take() if goes_in else self.write.skip()]
            case "while":
                return self._condition(running, goes_in) + self._loop(running, frame, goes_in)
            case "for":
                return self._iterable(running) + self._loop(running, frame, goes_in)
            case "assert":
                return self._condition(running, True)
            case "with":
                return self._with(running, frame)
            case "except":
                return self._handler(statement, goes_in)
            case "match":
                return self._subject(running)
            case "case":
                return self._case(running, goes_in)
        return []

    def _failed_assertion(self, running: Running) -> list[str]:
        """An assertion whose test was worked out and that raised nevertheless was false."""
        test = running.statement.test
        if running.statement.kind != "assert" or test is None or test.span not in running.probes:
            return []
        return self._condition(running, False)

    def _condition(self, running: Running, truth: bool) -> list[str]:
        test = running.statement.test
        if test is None:
            return []
        write = self.write.condition_true if truth else self.write.condition_false
        if test.span not in running.probes or test.kind == "constant":
            return [write(code(test.text))]
        value = running.probes[test.span]
        if type(value) is Ref and value.id in running.changed:
            return [write(code(test.text))]
        worked_out: list[str] = []
        shown = test.text
        if test.kind in _BY_SUBSTITUTION:
            if isinstance(value, bool):
                shown = self._substitution(running).shown(test)
            else:
                worked_out = self._worked_out(running, test)
        if shown == test.text:
            shown = value_text(value, self.state.heap)
        return [*worked_out, write(code(test.text), code(shown))]

    def _iterable(self, running: Running) -> list[str]:
        iterable = running.statement.value
        if running.rounds or iterable is None or iterable.span not in running.probes:
            return []
        value = running.probes[iterable.span]
        if isinstance(value, Opaque):
            return self._inputs(running, iterable)
        text = value_text(value, self.state.heap)
        return [self.write.loop_over(code(iterable.text), code(text))] if text != iterable.text else []

    def _inputs(self, running: Running, iterable: Expression) -> list[str]:
        """What an iterator goes over, where a name says it."""
        said = []
        for part in iterable.parts:
            value = running.probes.get(part.span)
            if part.kind in ("name", "attribute", "subscript") and isinstance(value, Ref | str | Exact):
                said.append(self.write.work_plain(code(part.text), code(value_text(value, self.state.heap))))
        return said

    def _loop(self, running: Running, frame: int, goes_in: bool) -> list[str]:
        statement = running.statement
        if goes_in:
            self.loops.enter(frame, statement)
            return [self.write.iteration(running.rounds + 1)]
        self.loops.leave(frame, statement)
        return [self.write.loop_end(running.rounds)]

    def _with(self, running: Running, frame: int) -> list[str]:
        if running.rounds:
            self.loops.leave(frame, running.statement)
            return []
        self.loops.enter(frame, running.statement)
        return [self.write.enter_with(code(running.statement.label))]

    def _handler(self, statement: Statement, goes_in: bool) -> list[str]:
        if goes_in:
            return [self.write.catch(code(statement.label)) if statement.label else self.write.catch()]
        return [self.write.no_catch(code(statement.label))] if statement.label else []

    def _subject(self, running: Running) -> list[str]:
        subject = running.statement.value
        if subject is None or subject.span not in running.probes:
            return []
        text = value_text(running.probes[subject.span], self.state.heap)
        return [self.write.match(code(subject.text), code(text))]

    def _case(self, running: Running, goes_in: bool) -> list[str]:
        statement = running.statement
        guard = statement.test
        matched = goes_in or (guard is not None and guard.span in running.probes)
        verdict = self.write.case_true if matched else self.write.case_false
        said = [verdict(code(statement.label))]
        return said + (self._condition(running, goes_in) if guard is not None and matched else [])
