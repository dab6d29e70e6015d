"""Tells what came of a statement: conditions, branches, loops, handlers, and how its expressions were worked out."""

from collections.abc import Set
from typing import Any

from templates.changes import ChangeTeller
from templates.expressions import Expression
from templates.flow import Flow, Loops
from templates.long_arithmetic import worked_digits
from templates.plans import Piece
from templates.program_model import Statement
from templates.running import Running
from templates.segments import Segment, Worked
from templates.sentences import code
from templates.values import Heap, value_text
from tracer.events import Event, Exact, Opaque, Ref, Value
from tracer.replay import State

AT_ONCE = frozenset({"def", "class", "import", "with", "break", "continue", "return", "raise"})
"""Kinds of statements that are named when they are reached."""
WITH_OUTCOME = frozenset({"if", "while", "for", "assert", "with", "except", "match", "case"})
BINDING = frozenset({"def", "class", "import"})
_NONE: frozenset[str] = frozenset()
_COUNTED = frozenset({"list", "tuple", "dict", "set", "frozenset", "deque"})


def binds(statement: Statement, segment: Segment) -> Set[str]:
    """The names of a segment that the statement's own sentence says it binds."""
    if statement.kind in ("def", "class"):
        return {statement.label}
    if statement.kind != "import":
        return _NONE
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
            known = all(_is_known(target, running, heap) for target in statement.targets)
            return not _calls(statement.value) and known
        case "expression" if statement.value is not None and statement.value.word.startswith("."):
            receiver, *arguments = statement.value.parts
            found = probes.get(receiver.span)
            plain = type(found) is Ref and heap[found.id].type == heap[found.id].kind
            return plain and not any(isinstance(probes.get(part.span), Opaque) for part in arguments)
        case "expression":
            return not _calls(statement.value)
    return False


def _is_known(target: Expression, running: Running, heap: Heap) -> bool:
    """Would the trace show a change of what is stored to?"""
    if target.kind not in ("attribute", "subscript"):
        return all(_is_known(part, running, heap) for part in target.parts)
    found = running.probes.get(target.parts[0].span)
    return type(found) is Ref and (heap[found.id].kind == "object") == (target.kind == "attribute")


def _calls(expression: Expression | None) -> bool:
    """Does an expression call anything?"""
    if expression is None:
        return False
    return expression.kind in ("call", "comprehension", "other", "lambda") or any(map(_calls, expression.parts))


class Outcomes:
    """Writes the sentences on statements.

    Attributes:
        long_work: whether long multiplications and powers are worked digit by digit and factor by factor.
    """

    def __init__(
        self, state: State, flow: Flow, events: tuple[Event, ...], changes: ChangeTeller, *, long_work: bool
    ) -> None:
        self.state = state
        self.flow = flow
        self.events = events
        self.say = changes.say
        self.changes = changes
        self.long_work = long_work
        self.loops = Loops()
        self.pending: dict[int, str] = {}

    def goes_in(self, running: Running) -> bool:
        """Does control go on into the statement's block?"""
        span = self._next_span(running)
        return span is not None and running.statement.holds(span[:2])

    def _next_span(self, running: Running) -> tuple[int, int, int, int] | None:
        follows = self.flow.follows[running.number]
        return self.events[follows].span if follows >= 0 else None

    def begin(self, frame: int, running: Running, before: Statement | None) -> list[str]:
        """A statement is about to run; says which block it opens, and what it is."""
        statement = running.statement
        running.rounds = self.loops.arrive(frame, statement)
        said = self._opened(frame, statement, before) if statement.opens else []
        if statement.kind != "except":
            self.pending.pop(frame, None)
        return said

    def _opened(self, frame: int, statement: Statement, before: Statement | None) -> list[str]:
        block, above = statement.block, statement.parent
        assert block is not None and above is not None
        if before is not None and (before is statement or block[0] <= before.start < block[1]):
            return []
        if statement.opens == "finally":
            raised = self.pending.get(frame)
            return [self.say("finally_raised", code(raised))] if raised else [self.say("finally")]
        came = before is not None and above.holds(before.start)
        return [self.say("try_else")] if came and frame not in self.pending else []

    def at_once(self, running: Running, worked: Worked | None, now: str) -> list[str]:
        """What is said of a statement when it is reached; `now` is the text of `worked`'s value."""
        statement = running.statement
        say, kind = self.say, statement.kind
        match kind:
            case "def":
                return [say("define_function", code(statement.label))]
            case "class":
                return [say("define_class", code(statement.label))]
            case "import":
                return [say("import", code(statement.label))]
            case "with" if running.rounds:
                return [say("leave_with", code(statement.label))]
            case "break" | "continue":
                loop = statement.loop
                if loop is None:
                    return [say(kind)]
                said = [say(f"{kind}__line", loop.start[0])]
                return [*said, say("else_skipped")] if kind == "break" and loop.otherwise else said
            case "return" if statement.value is None:
                return [say("return_nothing")]
            case "return" if worked is not None:
                worked.told = True
                if worked.shown:
                    return [say("return_work", worked.source, worked.shown, now)]
                return [say("return_work__plain", worked.source, now)]
            case "return":
                return [say("return_source", code(statement.returned))]
            case "raise":
                label = statement.label
                return [say("raise_source", code(label))] if label else [say("raise_source__again")]
        return []

    # Expressions.

    def work(self, running: Running, inner: list[str], before: int) -> list[str]:
        """How the expressions of a segment came to their values, each in a sentence.

        Args:
            inner: what is said of comprehensions and lambdas, after `before` of the statement's values.
        """
        plan = running.plan
        if plan is None:
            return inner
        said: list[str] = []
        for piece in plan.pieces:
            if inner and piece.value >= before:
                said += inner
                inner = []
            said += self.worked_out(running, piece)
        said += inner
        for subscript in plan.strings:
            said += self._position(running, subscript)
        if plan.fails is not None:
            shown = plan.fails.fill(running.texts)
            given = (plan.fails.source, shown) if shown else (plan.fails.source,)
            said.append(self.say("fails" if shown else "fails__plain", *given))
        return said

    def worked_out(self, running: Running, piece: Piece) -> list[str]:
        """One expression with its forms and its value."""
        text = running.value_text(piece, self.state.heap)
        shown = piece.fill(running.texts)
        value = code(text)
        if shown == value:
            shown = ""
        if value == piece.source:
            return []
        said = [self.say("work", piece.source, shown, value) if shown else self.say("work__plain", piece.source, value)]
        return said + worked_digits(piece, running, self.say) if self.long_work else said

    def left_out(self, running: Running) -> list[str]:
        """What a decision left unevaluated."""
        return [self.say("unevaluated", text) for text in running.plan.unevaluated] if running.plan else []

    def _position(self, running: Running, subscript: Expression) -> list[str]:
        """Where a negative index or a slice of a str points."""
        base = running.probes.get(subscript.parts[0].span)
        if type(base) is not str or subscript.span not in running.probes:
            return []
        source = code(subscript.text)
        if subscript.word == "[]":
            key = self._constant(running, subscript.parts[1])
            if type(key) is int and key < 0:
                return [self.say("position", code(subscript.parts[0].text), code(str(key)), len(base) + key)]
            return []
        bounds = running.statement.reader.bounds(subscript)
        if bounds is None:
            return []
        keys: list[Any] = [None if bound is None else self._constant(running, bound) for bound in bounds]
        if any(key is not None and type(key) is not int for key in keys):
            return []
        taken = range(len(base))[slice(*keys)]
        if not taken:
            return [self.say("positions_none", source)]
        return [self.say("positions", source, taken[0], taken[-1])]

    @staticmethod
    def _constant(running: Running, part: Expression) -> Value:
        if part.span in running.probes:
            return running.probes[part.span]
        digits = part.text.removeprefix("-")
        if digits.isdecimal():
            return -int(digits) if digits != part.text else int(digits)
        return ...

    # Outcomes.

    def outcome(self, running: Running, frame: int) -> list[str]:
        """What came of the statement, now that it is over."""
        statement = running.statement
        kind = statement.kind
        if self.flow.raised[running.number]:
            return self._failed_assertion(running)
        match kind:
            case "if":
                return self._branch(running)
            case "while":
                goes_in = self.goes_in(running)
                return self._condition(running, goes_in) + self._loop(running, frame, goes_in)
            case "for":
                return self._iterable(running) + self._loop(running, frame, self.goes_in(running))
            case "assert":
                return self._condition(running, True)
            case "with":
                return self._with(running, frame)
            case "except":
                return self._handler(frame, statement, self.goes_in(running))
            case "match":
                return self._subject(running)
            case "case":
                return self._case(running, self.goes_in(running))
        return []

    def _branch(self, running: Running) -> list[str]:
        span = self._next_span(running)
        goes_in = span is not None and running.statement.holds(span[:2])
        said = self._condition(running, goes_in)
        kind = "take" if goes_in else "skip"
        said.append(self.say(f"{kind}__line", span[0]) if span is not None else self.say(kind))
        return said

    def _failed_assertion(self, running: Running) -> list[str]:
        """An assertion whose test was worked out and that raised nevertheless was false."""
        test = running.statement.test
        if running.statement.kind != "assert" or test is None or test.span not in running.probes:
            return []
        return self._condition(running, False)

    def _condition(self, running: Running, truth: bool) -> list[str]:
        statement = running.statement
        test = statement.test
        if test is None:
            return []
        how = "condition_true" if truth else "condition_false"
        piece = running.plan.test if running.plan is not None else None
        if piece is None or piece.value < 0:
            return [self.say(f"{how}__plain", code(test.text)), *self.left_out(running)]
        value = running.values[piece.value]
        shown = piece.fill(running.texts)
        gone = type(value) is Ref and value.id in running.changed
        if not isinstance(value, bool) and not gone and not isinstance(value, Opaque):
            text = code(running.value_text(piece, self.state.heap))
            shown = f"{shown} = {text}" if shown else text
        said = [self.say(how, piece.source, shown)] if shown else [self.say(f"{how}__plain", piece.source)]
        return said + self.left_out(running)

    def _iterable(self, running: Running) -> list[str]:
        iterable = running.statement.value
        if running.rounds or iterable is None or iterable.span not in running.probes:
            return []
        value = running.probes[iterable.span]
        if isinstance(value, Opaque):
            return self._inputs(running, iterable)
        text = value_text(value, self.state.heap)
        if text == iterable.text:
            return []
        source, now = code(iterable.text), code(text)
        if type(value) is Ref and self.state.heap[value.id].kind in _COUNTED:
            count = len(self.state.heap[value.id].items)
            if count > 1:
                return [self.say("loop_over__items", source, now, count)]
        return [self.say("loop_over", source, now)]

    def _inputs(self, running: Running, iterable: Expression) -> list[str]:
        """What an iterator goes over, where a name says it."""
        said = []
        for part in iterable.parts:
            value = running.probes.get(part.span)
            if part.kind == "name" and isinstance(value, Ref | str | Exact):
                said.append(self.say("work__plain", code(part.text), code(value_text(value, self.state.heap))))
        return said

    def _loop(self, running: Running, frame: int, goes_in: bool) -> list[str]:
        statement, rounds = running.statement, running.rounds
        if goes_in:
            self.loops.enter(frame, statement)
            return [self.say("iteration" if rounds else "iteration__first", rounds + 1)]
        self.loops.leave(frame, statement)
        if statement.kind == "for" and statement.value is not None:
            source = code(statement.value.text)
            kind = ("exhausted_none", "exhausted_once")[rounds] if rounds < 2 else "exhausted"
            said = [self.say(kind, source, rounds) if rounds > 1 else self.say(kind, source)]
        else:
            said = [self.say("loop_end", rounds) if rounds > 1 else self.say(("loop_none", "loop_once")[rounds])]
        span = self._next_span(running)
        if span is not None and statement.otherwise and statement.otherwise[0] <= span[:2] < statement.otherwise[1]:
            said.append(self.say("loop_else"))
        return said + self.changes.recap(frame) if rounds > 1 else said

    def _with(self, running: Running, frame: int) -> list[str]:
        if running.rounds:
            self.loops.leave(frame, running.statement)
            return []
        self.loops.enter(frame, running.statement)
        return [self.say("enter_with", code(running.statement.label))]

    def _handler(self, frame: int, statement: Statement, goes_in: bool) -> list[str]:
        label = statement.label
        if goes_in:
            self.pending.pop(frame, None)
            return [self.say("catch", code(label))] if label else [self.say("catch__bare")]
        return [self.say("no_catch", code(label))] if label else []

    def _subject(self, running: Running) -> list[str]:
        subject = running.statement.value
        if subject is None or subject.span not in running.probes:
            return []
        text = value_text(running.probes[subject.span], self.state.heap)
        return [self.say("match", code(subject.text), code(text))]

    def _case(self, running: Running, goes_in: bool) -> list[str]:
        statement = running.statement
        guard = statement.test
        matched = goes_in or (guard is not None and guard.span in running.probes)
        said = [self.say("case_true" if matched else "case_false", code(statement.label))]
        return said + (self._condition(running, goes_in) if guard is not None and matched else [])
