"""Tells what a segment changed: names bound, elements set, items appended, output printed, input read."""

from dataclasses import dataclass, field
from typing import Any

from templates.places import Path, Places
from templates.program_model import Statement
from templates.sentences import code
from templates.values import items_text, value_text
from tracer.events import (
    Add,
    Bind,
    Change,
    DelItem,
    Discard,
    New,
    Opaque,
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

_FEW, _SEVERAL = 2, 6
"""With more changes than `_FEW` an object is told whole if it is short, with more than `_SEVERAL` always."""
_MISSING: Any = object()
_REF = Ref(-1)

Mutation = SetItem | DelItem | Splice | Add | Discard | Refill
MUTATIONS = (SetItem, DelItem, Splice, Add, Discard, Refill)


@dataclass
class _Old:
    """What stood at a place before the segment: its value and its text as it was then."""

    value: Value
    text: str


@dataclass
class Segment:
    """The changes between two events, sorted by what they change; made before they are applied.

    Attributes:
        names: by frame and name, in order of the first change: whether it is bound at the end.
        objects: by object, its changes.
        probes: the sub-expressions that were evaluated, in order.
        fresh: the objects that the segment made known.
    """

    names: dict[tuple[int, str], bool] = field(default_factory=dict)
    objects: dict[int, list[Mutation]] = field(default_factory=dict)
    order: list[tuple[int, str] | int] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    fresh: set[int] = field(default_factory=set)
    printed: bytes = b""
    read: int = 0
    old_names: dict[tuple[int, str], _Old] = field(default_factory=dict)
    old_items: dict[tuple[int, Value], _Old] = field(default_factory=dict)
    old_runs: dict[int, str] = field(default_factory=dict)
    paths: dict[int, Path] = field(default_factory=dict)

    @property
    def quiet(self) -> bool:
        """Does nothing that can be seen happen?"""
        return not (self.names or self.objects or self.printed or self.read)


def read_segment(changes: tuple[Change, ...], state: State) -> Segment:
    """Sorts a segment's changes and keeps what they will overwrite; the state is still that before them."""
    segment = Segment()
    for change in changes:
        match change:
            case Probe():
                segment.probes.append(change)
            case New(id):
                segment.fresh.add(id)
            case Bind(frame, name) | Unbind(frame, name):
                key = (frame, name)
                if key not in segment.names:
                    segment.order.append(key)
                    names = state.frames[frame].names
                    if name in names:
                        segment.old_names[key] = _Old(names[name], value_text(names[name], state.heap))
                segment.names[key] = isinstance(change, Bind)
            case Printed(data):
                segment.printed += data
            case Read(count):
                segment.read += count
            case SetItem() | DelItem() | Splice() | Add() | Discard() | Refill():
                _note_mutation(segment, change, state)
    return segment


def _note_mutation(segment: Segment, change: Mutation, state: State) -> None:
    earlier = segment.objects.get(change.id)
    if earlier is None:
        segment.order.append(change.id)
        segment.objects[change.id] = [change]
    else:
        earlier.append(change)
    found = state.heap.get(change.id)
    if found is None:
        return
    match change:
        case SetItem(id, key):
            if (id, key) in segment.old_items:
                return
            if found.kind in ("dict", "object"):
                old = found.items.get(key, _MISSING)
            else:
                old = found.items[key] if type(key) is int and key < len(found.items) else _MISSING
            if old is not _MISSING:
                segment.old_items[id, key] = _Old(old, value_text(old, state.heap))
        case Splice(id, start, removed) if earlier is None:
            run = found.items[start : start + removed]
            single = removed == 1 and not change.items
            segment.old_runs[id] = value_text(run[0], state.heap) if single else items_text(run, state.heap)


class ChangeTeller:
    """Writes the sentences of a segment's changes, once they are applied.

    Attributes:
        write: the macros of the style.
    """

    def __init__(self, state: State, places: Places, write: Any) -> None:
        self.state = state
        self.places = places
        self.write = write

    def look_before(self, segment: Segment, frame: int, statement: Statement | None, probes: dict[Span, Value]) -> None:
        """Finds where the objects that will change are to be seen before they change."""
        hints = statement.hints if statement else []
        for id in segment.objects:
            if id in self.state.heap:
                path = self.places.find(id, frame, hints, probes)
                if path is not None:
                    segment.paths[id] = path

    def tell(
        self, segment: Segment, frame: int, statement: Statement | None, probes: dict[Span, Value], known: set[str]
    ) -> list[str]:
        """The sentences: objects, then names in the order of the statement's targets, then what is deleted.

        Names in `known` are told elsewhere.
        """
        hints = statement.hints if statement and segment.objects else []
        told: list[str] = []
        order = segment.order
        if len(order) > 1:
            stored = statement.stored if statement else {}
            order = sorted(order, key=lambda what: self._rank(segment, what, stored))
        for what in order:
            if isinstance(what, tuple):
                told += self._name(segment, what, frame, known)
                continue
            path = segment.paths.get(what)
            if path is None or self.places.follow(path, frame) != Ref(what):
                path = self.places.find(what, frame, hints, probes)
            if path is not None:
                told += self._object(segment, what, path)
        return told

    def stays(self, segment: Segment, frame: int, statement: Statement, probes: dict[Span, Value]) -> list[str]:
        """Sentences on what the statement stored to and left as it was: single values, no containers."""
        told: list[str] = []
        for target in statement.stores:
            if target.kind == "name":
                home = frame if target.text in self.state.frames[frame].names else 0
                names = self.state.frames[home].names
                if (home, target.text) not in segment.names and type(names.get(target.text, _REF)) is not Ref:
                    told.append(self.write.stay(code(target.text), self._text(names[target.text])))
                continue
            base = self.places.path_of(target, frame, probes)
            holder = self.places.follow((*base[:2], base[2][:-1]), frame) if base else None
            if base and type(holder) is Ref and holder.id not in segment.objects and holder.id not in segment.fresh:
                value = self.places.follow(base, frame)
                if value is not None and type(value) is not Ref:
                    told.append(self.write.stay(code(self.places.text(base)), self._text(value)))
        # Two targets of a swap may be one place.
        return list(dict.fromkeys(map(str, told)))

    def _text(self, value: Value) -> str:
        return code(value_text(value, self.state.heap))

    @staticmethod
    def _rank(segment: Segment, what: tuple[int, str] | int, stored: dict[str, int]) -> tuple[int, int]:
        if isinstance(what, int):
            return 0, 0
        return (1, stored.get(what[1], len(stored))) if segment.names[what] else (2, 0)

    def _name(self, segment: Segment, key: tuple[int, str], frame: int, known: set[str]) -> list[str]:
        bound_in, name = key
        if name in known or (name.startswith("__") and name.endswith("__")):
            return []
        if bound_in != frame and (bound_in != 0 or name in self.state.frames[frame].names):
            return []
        old = segment.old_names.get(key)
        if not segment.names[key]:
            return [self.write.deleted(code(name))] if old is not None else []
        value = self.state.frames[bound_in].names[name]
        return [self._put(code(name), old, value, segment)]

    def _put(self, place: str, old: _Old | None, value: Value, segment: Segment) -> str:
        """Something stands at a place now."""
        text = value_text(value, self.state.heap)
        if old is None or self._sort(old.value) != self._sort(value):
            return str(self.write.becomes(place, code(text)))
        if old.text == text and "more>" not in text:
            return str(self.write.stay(place, code(text)))
        return str(self.write.change(place, code(self._brief(old)), code(text)))

    def _brief(self, old: _Old) -> str:
        """An old value as a change tells it: an instance by its number alone, for what it holds is still there."""
        if type(old.value) is Ref:
            found = self.state.heap[old.value.id]
            if found.kind == "object" and found.items:
                return f"{found.type}#{found.id}(...)"
        return old.text

    def _sort(self, value: Value) -> tuple[str, str]:
        """What kind of thing a value is."""
        if type(value) is Ref:
            found = self.state.heap[value.id]
            return found.kind, found.type
        return type(value).__name__, value.kind if isinstance(value, Opaque) else ""

    def _object(self, segment: Segment, id: int, path: Path) -> list[str]:
        changes, holder = segment.objects[id], self.state.heap[id]
        at = self.places.text(path)
        whole = any(isinstance(change, Refill) for change in changes) or holder.kind == "bytearray"
        spliced = sum(isinstance(change, Splice) for change in changes)
        whole |= len(changes) > _SEVERAL or (spliced > 0 and len(changes) > 1)
        if whole or (
            holder.kind != "object" and (len(changes) > _FEW or self._rewrites(changes[0], len(holder.items)))
        ):
            text = value_text(Ref(id), self.state.heap)
            if whole or "more>" not in text:
                return [self.write.restate(code(at), code(text))]
        told: list[str] = []
        seen: set[Value] = set()
        for change in changes:
            match change:
                case SetItem(_, key) | DelItem(_, key):
                    if key not in seen:
                        told += self._item(segment, id, at, key)
                    seen.add(key)
                case Splice():
                    told.append(self._splice(segment, change, at))
                case Add(_, value):
                    told.append(self.write.add(code(value_text(value, self.state.heap)), code(at)))
                case Discard(_, value):
                    told.append(self.write.discard(code(value_text(value, self.state.heap)), code(at)))
        return told

    @staticmethod
    def _rewrites(change: Mutation, length: int) -> bool:
        """Does a splice replace most of a sequence?"""
        return (
            isinstance(change, Splice) and bool(change.items) and change.removed > 0 and 2 * len(change.items) > length
        )

    def _item(self, segment: Segment, id: int, at: str, key: Value) -> list[str]:
        holder = self.state.heap[id]
        place = code(at + self.places.link(holder, key))
        old = segment.old_items.get((id, key))
        if isinstance(holder.items, dict) and key not in holder.items:
            return [self.write.deleted(place)]
        return [self._put(place, old, holder.items[key], segment)]

    def _splice(self, segment: Segment, change: Splice, at: str) -> str:
        heap, place = self.state.heap, code(at)
        length = len(heap[change.id].items)
        write, start = self.write, change.start
        added, removed = len(change.items), change.removed
        if removed == 1 and not added:
            return str(write.pop(code(segment.old_runs[change.id]), place, start, length))
        if removed == 0 and added == 1:
            value = code(value_text(change.items[0], heap))
            if start == length - 1:
                return str(write.append(value, place, length))
            return str(write.insert(value, place, start, length))
        items = code(items_text(change.items, heap))
        if removed == 0 and start == length - added:
            return str(write.append_all(items, place, length))
        return str(write.replace(place, start, code(segment.old_runs[change.id]), items))
