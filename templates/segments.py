"""The changes between two events, sorted by what they change, with what they overwrite."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from templates.places import Path
from templates.program_model import Statement
from templates.values import items_text, value_text
from tracer.events import (
    Add,
    Bind,
    Change,
    Cut,
    DelItem,
    Discard,
    Inner,
    New,
    Printed,
    Probe,
    Read,
    Ref,
    Refill,
    SetItem,
    Span,
    Splice,
    Unbind,
    Value,
)
from tracer.replay import State

MISSING: Any = object()

Mutation = SetItem | DelItem | Splice | Add | Discard | Refill
MUTATIONS = (SetItem, DelItem, Splice, Add, Discard, Refill)
_MUTATIONS = frozenset(MUTATIONS)


@dataclass(slots=True)
class Old:
    """What stood at a place before the segment: its value, and its text where it is an object."""

    value: Value
    text: str


@dataclass(slots=True)
class Worked:
    """The value that the statement stores, worked out: its text in the source, its forms, and whether it was told."""

    value: Value
    source: str
    shown: str
    told: bool = False


class Segment:
    """The changes between two events, sorted by what they change.

    What a segment has none of stays the class's own empty one: most segments bind a name and no more.

    Attributes:
        names: by frame and name, in order of the first change: whether it is bound at the end.
        objects: by object, its changes.
        order: names and objects, in order of the first change.
        probes: the sub-expressions that were evaluated, in order.
        fresh: the objects that the segment made known.
        inner: whether anything was evaluated in comprehensions and lambdas; `before_inner`, how many probes before.
    """

    names: Mapping[tuple[int, str], bool] = {}
    objects: Mapping[int, list[Mutation]] = {}
    order: Sequence[tuple[int, str] | int] = ()
    fresh: Set[int] = frozenset()
    inner: bool = False
    before_inner: int = 0
    printed: bytes = b""
    read: int = 0
    old_names: Mapping[tuple[int, str], Old] = {}
    old_items: Mapping[tuple[int, Value], Old] = {}
    old_runs: Mapping[int, str] = {}
    paths: Mapping[int, Path] = {}

    def __init__(self) -> None:
        self.probes: list[Probe] = []

    @property
    def quiet(self) -> bool:
        """Does nothing that can be seen happen?"""
        return not (self.names or self.objects or self.printed or self.read)


NOTHING = Segment()


@dataclass(slots=True)
class Scene:
    """A segment, and who looks at it.

    Attributes:
        frame: the frame whose eyes see it.
        statement: what runs there; `probes` what it has evaluated.
        known: names that are told elsewhere.
        worked: the value that the statement stores, to be told where it is stored.
    """

    segment: Segment
    frame: int
    statement: Statement | None
    probes: dict[Span, Value]
    known: Set[str] = frozenset()
    worked: Worked | None = None


def read_segment(changes: tuple[Change, ...], state: State) -> Segment:
    """Sorts a segment's changes and keeps what they will overwrite; the state is still that before them."""
    segment = Segment()
    probes = segment.probes
    names: dict[tuple[int, str], bool] = {}
    order: list[tuple[int, str] | int] = []
    olds: dict[tuple[int, str], Old] = {}
    objects: dict[int, list[Mutation]] = {}
    for change in changes:
        sort = change.__class__
        if sort is Probe:
            probes.append(change)  # type: ignore[arg-type]
        elif sort is Bind or sort is Unbind:
            key = (change.frame, change.name)  # type: ignore[union-attr]
            if key not in names:
                order.append(key)
                old = state.frames[key[0]].names.get(key[1], MISSING)
                if old is not MISSING:
                    olds[key] = _keep(old, state)
            names[key] = sort is Bind
        elif sort in _MUTATIONS:
            if not objects:
                segment.objects, segment.old_items, segment.old_runs, segment.paths = objects, {}, {}, {}
            if change.id not in objects:  # type: ignore[union-attr]
                order.append(change.id)  # type: ignore[union-attr]
                objects[change.id] = []  # type: ignore[union-attr]
            _note_mutation(segment, change, state)  # type: ignore[arg-type]
        elif sort is New:
            segment.fresh = {*segment.fresh, change.id}  # type: ignore[union-attr]
        elif sort is Inner or sort is Cut:
            if not segment.inner:
                segment.inner, segment.before_inner = True, len(probes)
        elif sort is Printed:
            segment.printed += change.data  # type: ignore[union-attr]
        elif sort is Read:
            segment.read += change.count  # type: ignore[union-attr]
    if order:
        segment.order, segment.names, segment.old_names = order, names, olds
    return segment


def _keep(value: Value, state: State) -> Old:
    return Old(value, value_text(value, state.heap) if type(value) is Ref else "")


def _note_mutation(segment: Segment, change: Mutation, state: State) -> None:
    id = change.id
    earlier = segment.objects[id]
    earlier.append(change)
    found = state.heap.get(id)
    if found is None:
        return
    olds: Any = segment.old_items
    if isinstance(change, SetItem):
        key = change.key
        if (id, key) in olds:
            return
        if found.kind in ("dict", "object"):
            old = found.items.get(key, MISSING)
        else:
            old = found.items[key] if type(key) is int and key < len(found.items) else MISSING
        if old is not MISSING:
            olds[id, key] = _keep(old, state)
    elif isinstance(change, Splice) and len(earlier) == 1 and change.removed:
        run = found.items[change.start : change.start + change.removed]
        single = change.removed == 1 and not change.items
        runs: Any = segment.old_runs
        runs[id] = value_text(run[0], state.heap) if single else items_text(run, state.heap)
