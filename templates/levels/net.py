"""Tells what a range of events comes to: its net changes as one frame sees them, what it printed and what it read."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from templates.places import Places
from templates.sentences import Voice, code
from templates.values import atom_text, items_text, value_text
from tracer.events import (
    EVALUATED,
    Add,
    Bind,
    Change,
    DelItem,
    Discard,
    New,
    Printed,
    Read,
    Ref,
    Refill,
    SetItem,
    Splice,
    Unbind,
    Value,
)
from tracer.replay import HeapObject, State

_SINGLE = 6
"""An object with more changed elements than this is told whole."""
_SHOWN_DEPTH = 6
"""How far within each other objects are looked for in a value that is shown."""
_SERIES = 12
_SERIES_NAMES = 3
_SERIES_TEXT = 100

_MUTATIONS = (SetItem, DelItem, Splice, Add, Discard, Refill)
_MISSING: Any = object()


@dataclass
class Before:
    """What a range will overwrite, kept while it still stands.

    Attributes:
        names: by frame and name, the value and its text.
        items: by object, what it holds; None where nothing but single elements are set.
        changes: of a single event, by object, all that happens to it.
        streams: is anything printed or read?
    """

    names: dict[tuple[int, str], tuple[Value, str]] = field(default_factory=dict)
    items: dict[int, Any] = field(default_factory=dict)
    changes: dict[int, list[Change]] = field(default_factory=dict)
    streams: bool = False


class NetTeller:
    """Replays a trace and writes what its ranges come to.

    Attributes:
        single: the ranges are single events, of which every change is told, and what is popped by itself.
    """

    def __init__(self, say: Voice, stdin: str, *, single: bool = False) -> None:
        self.single = single
        self.state = State()
        self.say = say
        self.places = Places(self.state)
        self.stdin = stdin
        self.read_at = 0
        self._is_whole = False

    def pass_over(self, changes: Sequence[Change]) -> None:
        """Applies changes that are told elsewhere."""
        for change in changes:
            if change.__class__ not in EVALUATED:
                self.places.note(change)
                self.state.apply(change)
                if change.__class__ is Read:
                    self.read_at += change.count

    def before(self, changes: Sequence[Change], frame: int) -> Before:
        """What the changes of a range will overwrite, seen from a frame."""
        kept = Before()
        frames, heap = self.state.frames, self.state.heap
        for change in changes:
            kind = change.__class__
            if kind is New or kind in EVALUATED:
                continue
            if isinstance(change, Bind | Unbind):
                key = (change.frame, change.name)
                if key not in kept.names and change.frame in (frame, 0):
                    value = frames[change.frame].names.get(change.name, _MISSING)
                    kept.names[key] = (value, value_text(value, heap) if value is not _MISSING else "")
            elif isinstance(change, _MUTATIONS):
                if change.id in heap and kept.items.get(change.id) is None:
                    # Of a single event, what is set is told without what was there: no copy of a long list for it.
                    spared = self.single and kind is SetItem
                    kept.items[change.id] = None if spared else heap[change.id].items.copy()
                if self.single:
                    kept.changes.setdefault(change.id, []).append(change)
            else:
                kept.streams = True
        return kept

    def tell(self, changes: Sequence[Change], frame: int, before: Before, known: Collection[str] = ()) -> list[str]:
        """The sentences of a range whose changes are applied; names in `known` are told elsewhere."""
        if not (before.names or before.items or before.streams):
            return []
        said = self._read(changes) if before.streams else []
        # A whole value comes last: it holds what the other sentences change within it, which would come twice else.
        wholes: list[str] = []
        for id in self._held_first(before.items):
            self._is_whole = False
            sentences = self._object(id, before.items[id], frame, before.changes.get(id, []))
            (wholes if self._is_whole else said).extend(sentences)
        said += wholes
        names = [key for key in before.names if key[1] not in known]
        names.sort(key=lambda key: key[1] not in self.state.frames[key[0]].names)
        for key in names:
            said += self._name(key, frame, *before.names[key])
        return said + self._printed(changes) if before.streams else said

    # Input and output.

    def _read(self, changes: Sequence[Change]) -> list[str]:
        count = sum(change.count for change in changes if isinstance(change, Read))
        if not count:
            return []
        return [self.say("read", code(atom_text(self.stdin[self.read_at - count : self.read_at])))]

    def _printed(self, changes: Sequence[Change]) -> list[str]:
        data = b"".join(change.data for change in changes if isinstance(change, Printed))
        return [self.say("print", code(repr(data.decode("utf-8", "surrogateescape"))))] if data else []

    # Names.

    def _sees(self, key: tuple[int, str], frame: int) -> bool:
        bound_in, name = key
        if name.startswith("__") and name.endswith("__"):
            return False
        return bound_in == frame or name not in self.state.frames[frame].names

    def series(self, changes: Sequence[Change], frame: int) -> Iterator[str]:
        """Sentences on the values that a few names took one after another in a range."""
        taken: dict[tuple[int, str], list[Value]] = {}
        for change in changes:
            if isinstance(change, Bind) and change.frame in (frame, 0):
                taken.setdefault((change.frame, change.name), []).append(change.value)
        told = 0
        for key, values in taken.items():
            plain = all(value is None or isinstance(value, bool | int | float | str) for value in values)
            if 1 < len(values) <= _SERIES and plain and told < _SERIES_NAMES and self._sees(key, frame):
                text = items_text(values, self.state.heap)
                if len(text) <= _SERIES_TEXT and "more>" not in text:
                    told += 1
                    yield self.say("series", code(key[1]), code(text))

    def _name(self, key: tuple[int, str], frame: int, old: Value, old_text: str) -> list[str]:
        if not self._sees(key, frame):
            return []
        value = self.state.frames[key[0]].names.get(key[1], _MISSING)
        place = code(key[1])
        if value is _MISSING:
            return [self.say("deleted", place)] if old is not _MISSING else []
        if _same(old, value) and not self.single:
            return []
        text = value_text(value, self.state.heap)
        return [self._put(place, old, old_text, value, text)]

    def _put(self, place: str, old: Value, old_text: str, value: Value, text: str) -> str:
        if type(old) is type(value) and type(value) is not Ref and old_text != text:
            return str(self.say("change", place, code(old_text), code(text)))
        return str(self.say("becomes", place, code(text)))

    # Objects.

    def _held_first(self, ids: Collection[int]) -> list[int]:
        """Objects in such an order that what one holds comes before it, which is shown with it as it has become."""
        if len(ids) < 2:
            return list(ids)
        order: list[int] = []
        seen: set[int] = set()

        def visit(id: int, depth: int) -> None:
            seen.add(id)
            holder = self.state.heap[id]
            if depth and holder.kind != "bytearray":
                for value in holder.items.values() if holder.kind in ("dict", "object") else holder.items:
                    if type(value) is Ref and value.id not in seen:
                        visit(value.id, depth - 1)
            if id in ids:
                order.append(id)

        for id in ids:
            if id not in seen:
                visit(id, _SHOWN_DEPTH)
        return order

    def _object(self, id: int, old: Any, frame: int, changes: list[Change]) -> list[str]:
        """What became of an object; `changes` are those of a single event, which are all told, come what may."""
        holder = self.state.heap[id]
        if not self.single and _same_items(holder, old):
            return []
        path = self.places.find(id, frame, [], {})
        if path is None:
            return []
        at = self.places.text(path)
        if old is None:
            keys = dict.fromkeys(change.key for change in changes if isinstance(change, SetItem))
            return self._elements(holder, [(key, _MISSING) for key in keys], at) or self._whole(id, at)
        match holder.kind:
            case "list" | "deque" | "tuple":
                told = self._spliced(old, changes, at) if self.single else []
                told = told or self._sequence(holder, old, at, changes)
            case "dict" | "object":
                told = self._keyed(holder, old, at, changes)
            case "set" | "frozenset":
                told = self._members(holder, old, at)
            case _:
                told = []
        return told or self._whole(id, at)

    def _whole(self, id: int, at: str) -> list[str]:
        self._is_whole = True
        return [self.say("restate", code(at), code(value_text(Ref(id), self.state.heap)))]

    def _spliced(self, old: list[Value], changes: list[Change], at: str) -> list[str]:
        """What a single event put at the end of a sequence, or took from an end of it; nothing for any other change."""
        heap, place, size = self.state.heap, code(at), len(old)
        if len(changes) == 1 and isinstance(taken := changes[0], Splice) and (taken.removed, taken.items) == (1, ()):
            if taken.start in (0, size - 1):
                return [self.say("pop", code(value_text(old[taken.start], heap)), place, taken.start)]
            return []
        told = []
        for change in changes:
            if not isinstance(change, Splice) or change.removed or change.start != size:
                return []
            size += len(change.items)
            told.append(self.say("append_all", code(items_text(change.items, heap)), place, size))
        return told

    def _sequence(self, holder: HeapObject, old: list[Value], at: str, changes: list[Change]) -> list[str]:
        items, size = holder.items, len(old)
        if not self.single and len(items) > size and all(map(_same, old, items)):
            text = items_text(items[size:], self.state.heap)
            return [self.say("append_all", code(text), code(at), len(items))]
        if len(items) != size or not all(isinstance(change, SetItem) for change in changes):
            return []
        stored = {change.key for change in changes if isinstance(change, SetItem)}
        changed = [key for key in range(size) if key in stored or not _same(old[key], items[key])]
        return self._elements(holder, [(key, old[key]) for key in changed], at)

    def _keyed(self, holder: HeapObject, old: dict[Value, Value], at: str, changes: list[Change]) -> list[str]:
        items = holder.items
        stored = {change.key for change in changes if isinstance(change, SetItem)}
        if any(isinstance(change, DelItem) and change.key in items for change in changes):
            return []
        gone = [(key, value) for key, value in old.items() if key not in items]
        changed = [
            (key, old.get(key, _MISSING))
            for key in items
            if key in stored or not _same(old.get(key, _MISSING), items[key])
        ]
        return self._elements(holder, gone + changed, at)

    def _elements(self, holder: HeapObject, changed: list[tuple[Any, Value]], at: str) -> list[str]:
        """Element by element; nothing where there are too many, but attributes have no other way."""
        if not changed or (len(changed) > _SINGLE and holder.kind != "object"):
            return []
        told = []
        for key, old in changed:
            place = code(at + self.places.link(holder, key))
            if isinstance(holder.items, dict) and key not in holder.items:
                told.append(self.say("deleted", place))
                continue
            value = holder.items[key]
            old_text = "" if old is _MISSING or type(old) is Ref else value_text(old, self.state.heap)
            told.append(self._put(place, old, old_text, value, value_text(value, self.state.heap)))
        return told

    def _members(self, holder: HeapObject, old: dict[Value, None], at: str) -> list[str]:
        heap, place = self.state.heap, code(at)
        gone = [value for value in old if value not in holder.items]
        come = [value for value in holder.items if value not in old]
        if (not gone and not come) or len(gone) + len(come) > _SINGLE:
            return []
        said = [self.say("discard", code(value_text(value, heap)), place) for value in gone]
        return said + [self.say("add", code(value_text(value, heap)), place) for value in come]


def _same(left: Value, right: Value) -> bool:
    """Is it the same value? `1` and `True` are two, `nan` is like `nan`."""
    if type(left) is not type(right):
        return False
    return left == right or (isinstance(left, float | complex) and repr(left) == repr(right))


def _same_items(holder: HeapObject, old: Any) -> bool:
    items = holder.items
    if len(items) != len(old):
        return False
    if holder.kind in ("list", "deque", "tuple", "bytearray"):
        return all(map(_same, old, items))
    if holder.kind in ("set", "frozenset"):
        return bool(items.keys() == old.keys())
    return list(items) == list(old) and all(_same(old[key], items[key]) for key in items)
