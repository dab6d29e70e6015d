"""What one segment of the trace changed: the state before and after it, and which changes were told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from templates.checking.place_text import Link, Nowhere, Place, follow
from tracer.events import (
    KEYED_KINDS,
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
    Ref,
    Refill,
    SetItem,
    Splice,
    Unbind,
    Value,
)
from tracer.replay import HeapObject, State

_MAX_LINKS = 4
_MUTATIONS = frozenset({SetItem, DelItem, Splice, Add, Discard, Refill})


class Nothing:
    """Stands for the value of what has none."""


NOTHING = Nothing()
Old = Value | Nothing


@dataclass(slots=True)
class NameChange:
    """A name that was bound or deleted; `new` is `NOTHING` for a deleted one."""

    frame: int
    name: str
    old: Old
    new: Old
    told: bool = False


@dataclass(slots=True)
class ObjectChange:
    """A change of one object.

    Attributes:
        old: what the change replaced: a value or `NOTHING`; a tuple of the elements a splice removed;
            all former items for a refill.
        length: how many elements the object had right after it.
        told: whether all of it was told.
        part: elements that were told one by one so far: indices of a splice.
    """

    change: Change
    old: Any
    length: int
    told: bool = False
    part: set[int] = field(default_factory=set)


def same_value(one: Old, other: Old) -> bool:
    """Are two recorded values one and the same, in type as well?"""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    return repr(one) == repr(other) if isinstance(one, (float, complex)) else one == other


def changed_keys(found: HeapObject, before: dict[Any, Any]) -> list[ObjectChange]:
    """What sets an object's keys or attributes apart from those before, as changes of one key each."""
    number, after = found.id, found.items
    gone = [ObjectChange(DelItem(number, key), old, len(after)) for key, old in before.items() if key not in after]
    return gone + [
        ObjectChange(SetItem(number, key, value), before.get(key, NOTHING), len(after))
        for key, value in after.items()
        if not same_value(before.get(key, NOTHING), value)
    ]


class Segment:
    """The changes between one event and the next, applied to the state."""

    def __init__(self, state: State, changes: Iterable[Change], links: dict[int, tuple[int, ...]]) -> None:
        """Applies the changes; `links` caches which objects an object holds, from segment to segment."""
        self.state = state
        self.frame = state.current
        self.names: dict[tuple[int, str], NameChange] = {}
        self.objects: dict[int, list[ObjectChange]] = {}
        self.covered: set[int] = set()
        self.probes: list[Probe] = []
        self.has_inner = False
        self.printed = b""
        self.read_from = state.stdin_read
        self._links = links
        self._before: dict[int, HeapObject] = {}
        for change in changes:
            self._apply(change)
        self.read_to = state.stdin_read

    def _apply(self, change: Change) -> None:
        state = self.state
        kind = type(change)
        if kind is Probe:
            self.probes.append(change)  # type: ignore[arg-type]
            return
        if kind is Inner or kind is Cut:
            self.has_inner = True
            return
        if kind is Bind or kind is Unbind:
            self._name(change)  # type: ignore[arg-type]
            return
        if kind in _MUTATIONS:
            self._change(change)
            return
        if isinstance(change, New):
            self._links.pop(change.id, None)
        elif isinstance(change, Printed):
            self.printed += change.data
        state.apply(change)

    def _name(self, change: Bind | Unbind) -> None:
        frame = self.state.frames.get(change.frame)
        if frame is None:
            return
        name, names = change.name, frame.names
        earlier = self.names.get((change.frame, name))
        old = names.get(name, NOTHING) if earlier is None else earlier.old
        if isinstance(change, Bind):
            names[name] = change.value
            self.names[change.frame, name] = NameChange(change.frame, name, old, change.value)
        else:
            names.pop(name, None)
            self.names[change.frame, name] = NameChange(change.frame, name, old, NOTHING)

    def _change(self, change: Any) -> None:
        found = self.state.heap[change.id]
        items = found.items
        old: Any = NOTHING
        match change:
            case SetItem(key=key):
                old = items.get(key, NOTHING) if isinstance(items, dict) else items[key]
            case DelItem(key=key):
                old = items[key]
            case Splice(start=start, removed=removed):
                old = tuple(items[start : start + removed])
            case Discard(value=value):
                old = value
            case Refill():
                old = items
        self.state.apply(change)
        self._links.pop(change.id, None)
        told = [ObjectChange(change, old, len(found.items))]
        if isinstance(change, Refill) and found.kind in KEYED_KINDS:
            # An object with slots, or a dict in another order, is filled anew also where few of its keys change.
            told = changed_keys(found, old) or told
        self.objects.setdefault(change.id, []).extend(told)

    # Looking.

    def now(self, number: int) -> HeapObject:
        """An object as it stands after the segment."""
        return self.state.heap[number]

    def before(self, number: int) -> HeapObject:
        """An object as it stood before the segment."""
        found = self._before.get(number)
        if found is None:
            found = self.state.heap[number]
            if number in self.objects:
                found = self._undone(found)
            self._before[number] = found
        return found

    def _undone(self, found: HeapObject) -> HeapObject:
        items = found.items.copy()
        for made in reversed(self.objects[found.id]):
            match made.change:
                case SetItem(key=key) if made.old is NOTHING:
                    items.pop(key, None)
                case SetItem(key=key) | DelItem(key=key):
                    items[key] = made.old
                case Splice(start=start, items=put):
                    size = len(b"".join(put)) if found.kind == "bytearray" else len(put)  # type: ignore[arg-type]
                    items[start : start + size] = made.old
                case Add(value=value):
                    items.pop(value, None)
                case Discard(value=value):
                    items[value] = None
                case Refill():
                    items = made.old.copy()
        return HeapObject(found.id, found.kind, found.type, found.note, items)

    def look_up(self, name: str) -> tuple[int, NameChange | None]:
        """The frame in which the segment sees a name, and how the segment changed it."""
        for frame in (self.frame, 0):
            made = self.names.get((frame, name))
            if made is not None or name in self.state.frames[frame].names:
                return frame, made
        raise Nowhere(f"no name `{name}` is visible here")

    def value_at(self, place: Place, *, before: bool = False, links: tuple[Link, ...] | None = None) -> Value:
        """The value at a place after (or before) the segment; `links` follows other links from its name.

        Raises:
            Nowhere: there is no such place then.
        """
        frame, made = self.look_up(place.name)
        known: Old = NOTHING if made is None else made.old if before else made.new
        value = self.state.frames[frame].names[place.name] if made is None else known
        if isinstance(value, Nothing):
            raise Nowhere(f"`{place.name}` has no value {'before' if before else 'any more'}")
        return follow(value, place.links if links is None else links, self.before if before else self.now)

    # What must be told.

    def cover(self, number: int) -> None:
        """Notes that everything within an object was shown."""
        waiting = [number]
        while waiting:
            number = waiting.pop()
            if number not in self.covered:
                self.covered.add(number)
                waiting += self._held(number)

    def is_plain(self) -> bool:
        """Is nothing left to tell: were names bound alone, and were all of them told?"""
        if self.objects or self.printed or self.read_to != self.read_from:
            return False
        return all([made.told for made in self.names.values()])

    def untold(self, exempt: frozenset[str]) -> list[NameChange | ObjectChange]:
        """Changes that had to be told and were not; the names in `exempt` need not be."""
        missing: list[NameChange | ObjectChange] = [
            made for made in self.names.values() if not made.told and made.name not in exempt and self.must_tell(made)
        ]
        wanting = [
            number
            for number, changes in self.objects.items()
            if number not in self.covered and not all(made.told for made in changes)
        ]
        if wanting:
            reached = self.reached(wanting)
            for number in wanting:
                if number in reached:
                    missing += [made for made in self.objects[number] if not made.told]
        return missing

    def must_tell(self, made: NameChange) -> bool:
        """Can a sentence of this segment name it, and is it no dunder?"""
        if made.name.startswith("__") and made.name.endswith("__"):
            return False
        if made.frame == self.frame:
            return True
        return made.frame == 0 and made.name not in self.state.frames[self.frame].names

    def reached(self, wanted: Iterable[int]) -> set[int]:
        """Those of the wanted objects that a chain from a visible name reaches."""
        wanted = set(wanted)
        found: set[int] = set()
        frames = self.state.frames
        level = {
            value.id
            for names in ({**frames[0].names, **frames[self.frame].names},)
            for value in names.values()
            if type(value) is Ref
        }
        seen = set(level)
        for depth in range(_MAX_LINKS + 1):
            found |= level & wanted
            if depth == _MAX_LINKS or found == wanted:
                break
            level = {held for number in level for held in self._held(number)} - seen
            seen |= level
        return found

    def _held(self, number: int) -> tuple[int, ...]:
        held = self._links.get(number)
        if held is None:
            found = self.state.heap[number]
            values = found.items.values() if isinstance(found.items, dict) else found.items
            held = () if found.kind == "bytearray" else tuple({v.id: None for v in values if type(v) is Ref})
            self._links[number] = held
        return held
