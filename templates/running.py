"""One execution of one statement: what it has evaluated so far, and the plan of telling it."""

from templates.expressions import Expression
from templates.program_model import Statement
from templates.values import Heap, literal_text, value_text
from templates.work import (
    BASE,
    CONTAINER,
    GONE,
    LITERAL,
    LONG,
    NOTHING,
    NUMBER,
    OPAQUE,
    Piece,
    Plan,
    Planner,
    Sight,
    Way,
)
from tracer.events import Opaque, Probe, Ref, Span, Value

_MOST_PLANS = 512
_SORTS = {int: NUMBER, float: NUMBER, Ref: CONTAINER, type(None): NOTHING}


class Running:
    """One execution of one statement.

    Attributes:
        number: its `line` event.
        since: how many mutations of objects it has taken notice of.
        rounds: of a loop, how many iterations it has gone into before.
        probes: the last value of each sub-expression evaluated so far.
        values: all values, in order; `texts` their literals (then the same in parentheses where negative).
        changed: objects that changed since it began.
    """

    __slots__ = (
        "changed",
        "number",
        "plan",
        "probes",
        "rounds",
        "since",
        "sorts",
        "spans",
        "statement",
        "texts",
        "told",
        "values"
    )  # fmt: skip

    def __init__(self, statement: Statement, number: int, since: int) -> None:
        self.statement = statement
        self.number = number
        self.since = since
        self.rounds = 0
        self.probes: dict[Span, Value] = {}
        self.spans: tuple[Span, ...] = ()
        self.values: list[Value] = []
        self.texts: list[str] = []
        self.sorts = ""
        self.changed: set[int] = set()
        self.told = 0
        self.plan: Plan | None = None

    def take(self, probes: list[Probe], heap: Heap, came_back: bool, stuck: bool) -> None:
        """Takes in what a segment evaluated, and plans how to tell it.

        Args:
            came_back: the first value was told by the `return` before.
            stuck: an exception ends the segment.
        """
        statement = self.statement
        self.plan = None
        start = len(self.values)
        if not probes:
            return
        sight = statement.plans.get("")
        if sight is None:
            sight = statement.plans[""] = Sight(statement)
        values = [probe.value for probe in probes]
        spans = tuple([probe.span for probe in probes])
        changed = self.changed
        bases = sight.bases
        sorts: list[str] = []
        texts: list[str] = []
        if start:
            spans = self.spans + spans
            values = self.values + values
        for span, value in zip(spans, values, strict=True):
            kind = type(value)
            if kind is Ref and span in bases:
                sorts.append(BASE)
                texts.append("")
                continue
            text = literal_text(value, heap, changed)
            if text is not None:
                texts.append(text)
                sorts.append(_SORTS.get(kind, LITERAL))
            else:
                texts.append("")
                sorts.append(OPAQUE if kind is Opaque else _sort_of_object(value, heap, changed))
        self.spans, self.values = spans, values
        self.sorts = "".join(sorts)
        self.texts = [*texts, *(f"({text})" if text[:1] == "-" else text for text in texts)]
        told = start + 1 if came_back else start
        way = Way(spans, told, self.sorts, stuck)
        plan = statement.plans.get(way)
        if plan is None:
            if len(statement.plans) > _MOST_PLANS:
                statement.plans = {"": sight}
            plan = statement.plans[way] = Planner(statement, sight, way).make()
        self.plan = plan

    def value_text(self, piece: Piece, heap: Heap) -> str:
        """The text of a piece's own value."""
        if self.sorts[piece.value] in (NUMBER, LITERAL, NOTHING):
            return self.texts[piece.value]
        return value_text(self.values[piece.value], heap)

    def has(self, expression: Expression) -> bool:
        """Was the expression evaluated?"""
        return expression.span in self.probes


def _sort_of_object(value: Value, heap: Heap, changed: set[int]) -> str:
    if type(value) is not Ref or not changed:
        return LONG
    held: set[int] = set()
    value_text(value, heap, seen=held)
    return LONG if held.isdisjoint(changed) else GONE
