"""Follows the rounds of comprehensions and the calls of lambdas through a trace: which names stand for what in each."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from templates.inner_scopes import Scope, Site, sites_of
from templates.program_model import ProgramModel
from tracer.events import Change, Cut, Inner, Probe, Span, Value


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was bound or evaluated in a scope.

    Attributes:
        names: what the scope's own names stand for.
        probes: of the evaluation that a root ends with, what was evaluated in it, and the names that it reads.
        mixed: whether these may be of another round: one generator goes on in several frames, or several are one here.
    """

    site: Site
    value: Value
    names: tuple[tuple[str, Value], ...]
    probes: Sequence[Probe] = ()
    mixed: bool = False


@dataclass(slots=True)
class _Activation:
    """A comprehension that goes round, or a lambda that is called.

    Attributes:
        frame, statement: what runs it: a frame's number, and the number of the event of its statement.
        names: what its names stand for; `told` what was evaluated since the last of them was bound.
        mixed: whether its rounds began in several frames.
    """

    scope: Scope
    frame: int
    statement: int
    names: dict[str, Value] = field(default_factory=dict)
    told: dict[Span, Value] = field(default_factory=dict)
    mixed: bool = False


class InnerRounds:
    """Reads what was evaluated in inner scopes, event after event."""

    def __init__(self, model: ProgramModel) -> None:
        self._model = model
        self._live: list[_Activation] = []

    def read(self, changes: Sequence[Change], frame: int, statement: int) -> tuple[list[Evaluation], int]:
        """What a segment evaluated in inner scopes, and how many evaluations the trace does not tell.

        Args:
            frame, statement: the frame that ran, and the number of the event of the statement that it executed.
        """
        self._live = [
            each for each in self._live if each.scope.lasts or each.frame != frame or each.statement == statement
        ]
        sites = sites_of(self._model)
        found: list[Evaluation] = []
        cut = 0
        for change in changes:
            if change.__class__ is Inner:
                site = sites.get(change.span)
                if site is not None:
                    made = self._note(site, change.value, frame, statement)
                    found += [made] if made is not None else []
            elif change.__class__ is Cut:
                cut += change.count
                self._live.clear()
        return found, cut

    def _note(self, site: Site, value: Value, frame: int, statement: int) -> Evaluation | None:
        if site.name:
            active = self._begin(site, frame, statement) if site.first else self._active(site.scope, frame)
            if active is None:
                return None
            active.names[site.name] = value
            return Evaluation(site, value, tuple(active.names.items()))
        active = self._active(site.scope, frame)
        if active is None:
            if any(site.scope.names):
                return None
            # Nothing says that a call without parameters begins.
            active = _Activation(site.scope, frame, statement)
            self._live.append(active)
        assert site.expression is not None
        active.told[site.expression.span] = value
        made = Evaluation(site, value, tuple(active.names.items()), self._probes(site, active, frame), active.mixed)
        if site.ends:
            self._live = [each for each in self._live if each is not active]
        return made

    def _begin(self, site: Site, frame: int, statement: int) -> _Activation:
        """A round or call begins."""
        scope = site.scope
        found = None
        for each in reversed(self._live):
            if each.scope is scope and (scope.lazy or each.frame == frame):
                found = each
                break
            if each.scope is scope.parent:
                break
        if found is None or scope.ends:
            found = _Activation(scope, frame, statement)
            self._live.append(found)
        found.mixed |= found.frame != frame
        for later in scope.names[site.clause :]:
            for name in later:
                found.names.pop(name, None)
        found.told.clear()
        return found

    def _active(self, scope: Scope, frame: int) -> _Activation | None:
        for each in reversed(self._live):
            if each.scope is scope and (scope.lazy or each.frame == frame):
                return each
        return None

    def _probes(self, site: Site, active: _Activation, frame: int) -> Sequence[Probe]:
        root = site.root
        if root is None:
            return ()
        first, last = root.expression.span[:2], root.expression.span[2:]
        probes = [Probe(span, value) for span, value in active.told.items() if first <= span[:2] and span[2:] <= last]
        for span, name in root.uses.items():
            if span not in active.told:
                value = self._value(name, active, frame)
                probes += [Probe(span, value)] if value is not ... else []
        return probes

    def _value(self, name: str, active: _Activation, frame: int) -> Value:
        """What a name stands for in a scope or one around it; `...` where that is not known."""
        around: _Activation | None = active
        while around is not None:
            if name in around.names:
                return around.names[name]
            outer = None if around.scope.lazy else around.scope.parent
            around = self._active(outer, frame) if outer is not None else None
        return ...
