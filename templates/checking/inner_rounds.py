"""Follows comprehensions and lambdas through the trace, and keeps what was told of each segment's share of them."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from templates.checking.inner_scopes import InnerPlace, InnerScope, inner_places
from templates.checking.source_index import SourceIndex
from tracer.events import Change, Cut, Inner, Opaque, Span, Value


@dataclass(eq=False, slots=True)
class Evaluated:
    """One record: what was bound or evaluated.

    Attributes:
        names: what the scope's names stood for.
        probes: of a record that completes an expression of the scope's own, what was evaluated in that round or call,
            the names that it reads among it.
        told: whether a sentence gave it.
    """

    place: InnerPlace
    value: Value
    names: list[tuple[str, Value]]
    probes: dict[Span, list[Value]] = field(default_factory=dict)
    told: bool = False

    @property
    def counts(self) -> bool:
        """Must it be told, or counted among what is left out?"""
        return self.place.whole is not None and not isinstance(self.value, Opaque)


@dataclass(eq=False, slots=True)
class InnerTold:
    """A segment's share, and how far the text has told it.

    Attributes:
        at: the first record that may be told round by round.
        rounds: the clauses whose names were told one value after another.
        columns: the expressions that were.
        partial: whether one of these stopped early.
        rest: how many the text says to leave out; `cut` how many the trace does, `cut_told` whether the text says so.
    """

    records: list[Evaluated] = field(default_factory=list)
    cut: int = 0
    at: int = 0
    rounds: set[tuple[InnerScope, int]] = field(default_factory=set)
    columns: set[ast.AST] = field(default_factory=set)
    partial: bool = False
    rest: int = 0
    cut_told: bool = False

    def is_begun(self) -> bool:
        """Does the text tell any of it?"""
        told = any(record.told for record in self.records)
        return told or self.at > 0 or bool(self.rounds or self.columns or self.rest) or self.cut_told

    def left_out(self) -> int:
        """How many evaluations the text says it leaves out."""
        return self.rest + (self.cut if self.cut_told else 0)

    def untold(self) -> int:
        """How many records were neither told nor need not be."""
        return sum(record.counts and not record.told for record in self.records)


NO_INNER = InnerTold()


@dataclass(eq=False, slots=True)
class _Open:
    """A comprehension or call that is going on."""

    scope: InnerScope
    frame: int
    since: int
    names: dict[str, Value] = field(default_factory=dict)
    values: dict[Span, Value] = field(default_factory=dict)


class InnerRounds:
    """Follows the records of a trace."""

    def __init__(self, index: SourceIndex) -> None:
        self._index = index
        self._places: dict[Span, InnerPlace] | None = None
        self._open: list[_Open] = []

    def follow(self, changes: Iterable[Change], frame: int, since: int) -> InnerTold:
        """A segment's share; `since` is the index of the `line` event of the statement that the frame executes."""
        found: InnerTold | None = None
        for change in changes:
            kind = type(change)
            if kind is not Inner and kind is not Cut:
                continue
            if found is None:
                found = InnerTold()
                self._close(frame, since)
            if isinstance(change, Inner):
                self._record(found, change, frame, since)
            elif isinstance(change, Cut):
                found.cut += change.count
                self._open = []
        return found if found is not None else NO_INNER

    def _close(self, frame: int, since: int) -> None:
        """Forgets what went on in a statement that is over."""
        self._open = [one for one in self._open if one.scope.outlasts or one.frame != frame or one.since == since]

    def _record(self, found: InnerTold, change: Inner, frame: int, since: int) -> None:
        if self._places is None:
            self._places = inner_places(self._index, self._index.tree)
        place = self._places.get(change.span)
        if place is None:
            return
        scope = place.scope
        if place.name:
            one = self._opened(place, frame, since) if place.opens else self._latest(scope, frame)
            if one is not None:
                one.names[place.name] = change.value
                found.records.append(Evaluated(place, change.value, list(one.names.items())))
            return
        one = self._latest(scope, frame)
        if one is None and not any(scope.clauses):
            one = _Open(scope, frame, since)
            self._open.append(one)
        if one is None:
            return
        one.values[change.span] = change.value
        made = Evaluated(place, change.value, list(one.names.items()))
        if place.whole is not None:
            made.probes = self._probes(place.whole[0], one, frame)
        found.records.append(made)
        if scope.ends_with is place.node:
            self._open.remove(one)

    def _opened(self, place: InnerPlace, frame: int, since: int) -> _Open:
        scope, found = place.scope, None
        for one in reversed(self._open):
            if one.scope is scope and (scope.is_late or one.frame == frame):
                found = one
                break
            if one.scope is scope.above:
                break
        if found is None or scope.ends_with is not None:
            found = _Open(scope, frame, since)
            self._open.append(found)
        for names in scope.clauses[place.clause :]:
            for name in names:
                found.names.pop(name, None)
        found.values = {}
        return found

    def _latest(self, scope: InnerScope, frame: int) -> _Open | None:
        for one in reversed(self._open):
            if one.scope is scope and (scope.is_late or one.frame == frame):
                return one
        return None

    def _probes(self, whole: ast.expr, one: _Open, frame: int) -> dict[Span, list[Value]]:
        """What was evaluated in an expression, with the names that were read in it."""
        found: dict[Span, list[Value]] = {}
        for node in ast.walk(whole):
            if not isinstance(node, ast.expr):
                continue
            span = self._index.span(node)
            if span in one.values:
                found[span] = [one.values[span]]
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and one.scope.sees(node.id):
                value = self._stands_for(node.id, one, frame)
                if value is not ...:
                    found[span] = [value]
        return found

    def _stands_for(self, name: str, one: _Open | None, frame: int) -> Value:
        while one is not None:
            if name in one.names:
                return one.names[name]
            scope = one.scope
            one = None if scope.is_late or scope.above is None else self._latest(scope.above, frame)
        return ...
