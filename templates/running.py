"""One execution of one statement: what it has evaluated so far, and the plan of telling it."""

from templates.plans import (
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
    Way,
    sight_of,
)
from templates.program_model import Statement
from templates.values import Heap, literal_text, value_text
from templates.work import Planner
from tracer.events import Opaque, Probe, Ref, Span, Value

_MOST_PLANS = 512
_LARGE = 1 << 200
_NO_VALUES: list[Value] = []
_NO_TEXTS: list[str] = []
_NO_CHANGES: set[int] = set()
"""Stand for what most executions of a statement have none of; never written to."""
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
        "values"
    )  # fmt: skip

    def __init__(self, statement: Statement, number: int, since: int) -> None:
        self.statement = statement
        self.number = number
        self.since = since
        self.rounds = 0
        self.probes: dict[Span, Value] = {}
        self.spans: tuple[Span, ...] = ()
        self.values: list[Value] = _NO_VALUES
        self.texts: list[str] = _NO_TEXTS
        self.sorts = ""
        self.changed: set[int] = _NO_CHANGES
        self.plan: Plan | None = None

    def take(self, probes: list[Probe], heap: Heap, came_back: bool, stuck: bool) -> Plan:
        """Takes in what a segment evaluated, at least one value, and plans how to tell it.

        Args:
            came_back: the first value was told by the `return` before.
            stuck: an exception ends the segment.
        """
        plans = self.statement.plans
        sight = plans.get("") or sight_of(self.statement)
        start = len(self.values)
        spans = tuple([probe.span for probe in probes])
        values = [probe.value for probe in probes]
        if start:
            spans, values = self.spans + spans, self.values + values
        changed, bases = self.changed, sight.bases
        sorts = ""
        texts: list[str] = []
        negative = False
        for at, value in enumerate(values):
            kind = value.__class__
            if kind is int and -_LARGE < value < _LARGE:  # type: ignore[operator]
                texts.append(str(value))
                sorts += NUMBER
                negative |= value < 0  # type: ignore[operator]
            elif kind is Ref and spans[at] in bases:
                sorts += BASE
                texts.append("")
            elif (text := literal_text(value, heap, changed)) is not None:
                texts.append(text)
                sorts += _SORTS.get(kind, LITERAL)
                negative |= text[0] == "-"
            else:
                texts.append("")
                sorts += OPAQUE if kind is Opaque else _sort_of_object(value, heap, changed)
        self.spans, self.values, self.sorts = spans, values, sorts
        self.texts = texts + ([f"({text})" if text[:1] == "-" else text for text in texts] if negative else texts)
        way = (spans, start + 1 if came_back else start, sorts, stuck)
        plan = plans.get(way)
        if plan is None:
            if len(plans) > _MOST_PLANS:
                plans.clear()
            plan = plans[way] = Planner(self.statement, sight, Way(*way)).make()
        self.plan = plan
        return plan

    def value_text(self, piece: Piece, heap: Heap) -> str:
        """The text of a piece's own value."""
        if self.sorts[piece.value] in (NUMBER, LITERAL, NOTHING):
            return self.texts[piece.value]
        return value_text(self.values[piece.value], heap)


def _sort_of_object(value: Value, heap: Heap, changed: set[int]) -> str:
    if type(value) is not Ref or not changed:
        return LONG
    held: set[int] = set()
    value_text(value, heap, seen=held)
    return LONG if held.isdisjoint(changed) else GONE
