"""The plan of telling how a statement's expressions came to their values: pieces, their forms, and what to look at."""

from dataclasses import dataclass, field
from typing import NamedTuple

from templates.expressions import OPERATIONS, Expression
from templates.program_model import Statement
from templates.sentences import code
from tracer.events import Span

LITERAL, NUMBER, CONTAINER, NOTHING = "L", "n", "c", "0"
LONG, OPAQUE, GONE, BASE = "V", "O", "X", "b"
"""Sorts of values. The first four may stand in a formula: a number apart, for its dot and sign; a container apart,
for its name says more; None apart, for it is what a call that only acts gives. Then what is too long for a formula;
what has no text; an object whose content of then is gone; an object that is only subscripted or called a method of,
by its name."""

_BARE = frozenset({"constant", "name", "lambda"})


@dataclass(frozen=True, slots=True)
class Piece:
    """An expression that is worked out in a step.

    Attributes:
        source: its text between backticks.
        forms: its forms, with `%s` for each value, and which values: a number below the count of values
            is the value as it is, one from there on the same in parentheses where it is negative, and
            twice the count is what stood at the target of an augmented assignment.
        value: the number of its own value.
    """

    expression: Expression
    source: str
    forms: tuple[tuple[str, tuple[int, ...]], ...]
    value: int
    shown: str = ""
    picks: tuple[int, ...] = ()

    def fill(self, texts: list[str]) -> str:
        """The forms with values in them, between backticks; empty if there are none."""
        if not self.forms:
            return ""
        filled = self.shown % tuple([texts[pick] for pick in self.picks])
        if filled.count("`") == 2 * len(self.forms):
            return filled
        return " = ".join(code(form % tuple([texts[pick] for pick in picks])) for form, picks in self.forms)


@dataclass(slots=True)
class Plan:
    """What a segment tells of a statement's expressions.

    Attributes:
        pieces: worked out in sentences of their own, in this order.
        main: the value that the statement stores, returns, or adds by an augmented assignment.
        spare: pieces for an augmented assignment whose operation cannot be shown.
        test: the condition.
        fails: the expression that came to no value.
        unevaluated: the texts of what a decision left out, between backticks.
        strings: subscripts whose base may be a str.
        works: whether anything is worked out in sentences of its own.
    """

    pieces: list[Piece] = field(default_factory=list)
    main: Piece | None = None
    spare: list[Piece] = field(default_factory=list)
    test: Piece | None = None
    fails: Piece | None = None
    unevaluated: list[str] = field(default_factory=list)
    strings: list[Expression] = field(default_factory=list)
    works: bool = True


class Sight:
    """What is known of a statement's expressions whatever their values are.

    Attributes:
        bases: the spans of names that are only subscripted or called a method of.
        keys: the spans of the short operations that stand as keys.
        calls: the texts of calls by span.
    """

    def __init__(self, statement: Statement) -> None:
        self.bases: set[Span] = set()
        self.keys: set[Span] = set()
        self.calls: dict[Span, str] = {}
        for root in statement.roots:
            self._visit(root)

    def _visit(self, expression: Expression) -> None:
        kind = expression.kind
        if kind == "call":
            self.calls[expression.span] = expression.text
        holds = kind in ("subscript", "attribute") or (kind == "call" and expression.word.startswith("."))
        for index, part in enumerate(expression.parts):
            if holds and not index and part.kind == "name":
                self.bases.add(part.span)
            short = part.kind in OPERATIONS and all(inner.kind in _BARE for inner in part.parts)
            if kind == "subscript" and index and short:
                self.keys.add(part.span)
            self._visit(part)


def sight_of(statement: Statement) -> Sight:
    """The sight of a statement, made once."""
    found = statement.plans.get("")
    if found is None:
        found = statement.plans[""] = Sight(statement)
    assert isinstance(found, Sight)
    return found


class Way(NamedTuple):
    """How far the evaluation of a statement has gone.

    Attributes:
        spans: what was evaluated so far in this execution of the statement, in order.
        start: how many of these were told before.
        sorts: the sort of each value.
        stuck: whether an exception ends the segment.
    """

    spans: tuple[Span, ...]
    start: int
    sorts: str
    stuck: bool
