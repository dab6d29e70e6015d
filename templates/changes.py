"""Tells what a segment changed: names bound, elements set, items appended, and which names are one object."""

from templates.places import Path, Places
from templates.segments import Mutation, Old, Scene, Segment, Worked
from templates.sentences import Voice, code
from templates.values import items_text, value_text
from tracer.events import (
    Add,
    DelItem,
    Discard,
    Opaque,
    Ref,
    Refill,
    SetItem,
    Splice,
    Value,
)
from tracer.replay import State

_FEW, _SEVERAL = 2, 6
"""With more changes than `_FEW` an object is told whole if it is short, with more than `_SEVERAL` always."""
_REF = Ref(-1)
_SHARED = frozenset({"list", "dict", "set", "deque", "bytearray", "object"})


class ChangeTeller:
    """Writes the sentences of a segment's changes, once they are applied.

    Attributes:
        since: by object, how many of its elements were told since it was last told whole.
    """

    def __init__(self, state: State, places: Places, say: Voice) -> None:
        self.state = state
        self.places = places
        self.say = say
        self.since: dict[int, int] = {}
        self._codes: dict[str, str] = {}
        self._shared: set[tuple[int, str, int]] = set()

    def look_before(self, scene: Scene) -> None:
        """Finds where the objects that will change are to be seen before they change."""
        hints = scene.statement.hints if scene.statement else []
        found = {
            id: self.places.find(id, scene.frame, hints, scene.probes)
            for id in scene.segment.objects
            if id in self.state.heap
        }
        scene.segment.paths = {id: path for id, path in found.items() if path is not None}

    def tell(self, scene: Scene) -> list[str]:
        """The sentences: objects, then names in the order of the statement's targets, then what is deleted."""
        segment, statement, worked = scene.segment, scene.statement, scene.worked
        order = segment.order
        told: list[str] = []
        if len(order) > 1:
            stored = statement.stored if statement else {}
            order = sorted(order, key=lambda what: self._rank(segment, what, stored))
        target = statement.target if statement and worked else None
        for what in order:
            if isinstance(what, tuple):
                mine = worked if target is not None and target.kind == "name" and target.text == what[1] else None
                self._name(scene, what, mine, told)
                continue
            path = segment.paths.get(what)
            if path is None or self.places.follow(path, scene.frame) != Ref(what):
                path = self.places.find(what, scene.frame, statement.hints if statement else [], scene.probes)
            if path is not None:
                holds = target is not None and target.kind in ("subscript", "attribute")
                mine = worked if holds and target and scene.probes.get(target.parts[0].span) == Ref(what) else None
                told += self._object(segment, what, path, mine)
        return told

    def stays(self, scene: Scene) -> list[str]:
        """Sentences on what the statement stored to and left as it was: single values, no containers."""
        told: dict[str, str] = {}
        segment, frame, statement = scene.segment, scene.frame, scene.statement
        for target in statement.stores if statement else ():
            if target.kind == "name":
                name = target.text
                home = frame if name in self.state.frames[frame].names else 0
                if (home, name) not in segment.names:
                    value = self.state.frames[home].names.get(name, _REF)
                    if type(value) is not Ref:
                        told[name] = self._stay(self.code(name), value, scene.worked)
                continue
            base = self.places.path_of(target, frame, scene.probes)
            holder = self.places.follow((*base[:2], base[2][:-1]), frame) if base else None
            if base and type(holder) is Ref and holder.id not in segment.objects and holder.id not in segment.fresh:
                value = self.places.follow(base, frame)
                if value is not None and type(value) is not Ref:
                    # Two targets of a swap may be one place.
                    place = self.places.text(base)
                    told[place] = self._stay(code(place), value, scene.worked)
        return list(told.values())

    def recap(self, frame: int) -> list[str]:
        """Whole values of what a loop changed element by element, where a name of the frame holds it."""
        told: list[str] = []
        for name, value in self.state.frames[frame].names.items():
            if type(value) is Ref and self.since.get(value.id, 0) > _FEW and len(told) < _FEW:
                told.append(self.say("recap", self.code(name), self._text(value)))
                self.since[value.id] = 0
        return told

    def code(self, text: str) -> str:
        """A name between backticks."""
        known = self._codes.get(text)
        if known is None:
            known = self._codes[text] = code(text)
        return known

    def _text(self, value: Value) -> str:
        return code(value_text(value, self.state.heap))

    @staticmethod
    def _rank(segment: Segment, what: tuple[int, str] | int, stored: dict[str, int]) -> tuple[int, int]:
        if isinstance(what, int):
            return 0, 0
        return (1, stored.get(what[1], len(stored))) if segment.names[what] else (2, 0)

    def _name(self, scene: Scene, key: tuple[int, str], worked: Worked | None, told: list[str]) -> None:
        bound_in, name = key
        frame, segment, frames = scene.frame, scene.segment, self.state.frames
        if name in scene.known or (name.startswith("__") and name.endswith("__")):
            return
        if bound_in != frame and (bound_in != 0 or name in frames[frame].names):
            return
        old = segment.old_names.get(key)
        if segment.names[key]:
            value = frames[bound_in].names[name]
            told.append(self._put(self.code(name), old, value, worked))
            if type(value) is Ref and bound_in == frame:
                told += self._twins(name, value) if value.id in segment.fresh else self._alias(scene, name, value)
        elif old is not None:
            told.append(self.say("deleted", self.code(name)))

    def _put(self, place: str, old: Old | None, value: Value, worked: Worked | None) -> str:
        """Something stands at a place now."""
        text = value_text(value, self.state.heap)
        if type(value) is Ref:
            self.since[value.id] = 0
        now = code(text)
        how: tuple[str, ...] = ()
        end = ""
        if worked is not None and not worked.told and type(worked.value) is type(value) and worked.value == value:
            worked.told = True
            how = (worked.source, worked.shown) if worked.shown else (worked.source,)
            end = "_work" if worked.shown else "_work__plain"
        if old is None or self._differ(old.value, value):
            return self.say("becomes" + end, place, *how, now)
        before = old.text or value_text(old.value, self.state.heap)
        if before == text and "more>" not in text:
            return self.say("stay" + end, place, *how, now)
        return self.say("change" + end, place, code(self._brief(old.value, before)), *how, now)

    def _stay(self, place: str, value: Value, worked: Worked | None) -> str:
        now = self._text(value)
        if worked is None or worked.told or type(worked.value) is not type(value) or worked.value != value:
            return self.say("stay", place, now)
        worked.told = True
        if worked.shown:
            return self.say("stay_work", place, worked.source, worked.shown, now)
        return self.say("stay_work__plain", place, worked.source, now)

    def _brief(self, value: Value, text: str) -> str:
        """An old value as a change tells it: an instance by its number alone, for what it holds is still there."""
        if type(value) is Ref:
            found = self.state.heap[value.id]
            if found.kind == "object" and found.items:
                return f"{found.type}#{found.id}(...)"
        return text

    def _differ(self, old: Value, new: Value) -> bool:
        """Are two values of another sort?"""
        sort = type(old)
        if sort is not type(new):
            return True
        if sort is Ref:
            before, after = self.state.heap[old.id], self.state.heap[new.id]  # type: ignore[union-attr]
            return before.kind != after.kind or before.type != after.type
        return sort is Opaque and old.kind != new.kind  # type: ignore[union-attr]

    def _twins(self, name: str, value: Ref) -> list[str]:
        """Says that the elements of a new sequence are one object, where the first two are."""
        found = self.state.heap[value.id]
        items = found.items
        if (
            found.kind not in ("list", "tuple")
            or len(items) < _FEW
            or type(items[0]) is not Ref
            or items[0] != items[1]
        ):
            return []
        held = self.state.heap[items[0].id]
        if held.kind not in _SHARED:
            return []
        places = dict.fromkeys((1, len(items) - 1))
        return [
            self.say("alias", code(f"{name}[{place}]"), code(f"{name}[0]"), code(held.type))
            for place in places
            if items[place] == items[0]
        ]

    def _alias(self, scene: Scene, name: str, value: Ref) -> list[str]:
        """Says once that a name shares its object with the place that the statement took it from."""
        found, frame = self.state.heap[value.id], scene.frame
        if found.kind not in _SHARED or scene.statement is None or (frame, name, value.id) in self._shared:
            return []
        for hint in scene.statement.hints:
            if hint.text != name and scene.probes.get(hint.span) == value:
                path = self.places.path_of(hint, frame, scene.probes)
                if path is not None and path[1] != name and self.places.follow(path, frame) == value:
                    self._shared.add((frame, name, value.id))
                    other = code(self.places.text(path))
                    return [self.say("alias", self.code(name), other, code(found.type))]
        return []

    def _object(self, segment: Segment, id: int, path: Path, worked: Worked | None) -> list[str]:
        changes, holder = segment.objects[id], self.state.heap[id]
        at = self.places.text(path)
        first = changes[0]
        if len(changes) == 1 and first.__class__ is SetItem and holder.kind != "bytearray":
            self.since[id] = self.since.get(id, 0) + 1
            return [self._item(segment, id, at, first.key, worked)]
        whole = any(isinstance(change, Refill) for change in changes) or holder.kind == "bytearray"
        spliced = sum(isinstance(change, Splice) for change in changes)
        whole |= len(changes) > _SEVERAL or (spliced > 0 and len(changes) > 1)
        if whole or (
            holder.kind != "object" and (len(changes) > _FEW or self._rewrites(changes[0], len(holder.items)))
        ):
            text = value_text(Ref(id), self.state.heap)
            if whole or "more>" not in text:
                self.since[id] = 0
                return [self.say("restate", code(at), code(text))]
        self.since[id] = self.since.get(id, 0) + len(changes)
        told: list[str] = []
        seen: set[Value] = set()
        for change in changes:
            match change:
                case SetItem(_, key) | DelItem(_, key):
                    if key not in seen:
                        told.append(self._item(segment, id, at, key, worked))
                    seen.add(key)
                case Splice():
                    told.append(self._splice(segment, change, at))
                case Add(_, value):
                    told.append(self.say("add", self._text(value), code(at)))
                case Discard(_, value):
                    told.append(self.say("discard", self._text(value), code(at)))
        return told

    @staticmethod
    def _rewrites(change: Mutation, length: int) -> bool:
        """Does a splice replace most of a sequence?"""
        return (
            isinstance(change, Splice) and bool(change.items) and change.removed > 0 and 2 * len(change.items) > length
        )

    def _item(self, segment: Segment, id: int, at: str, key: Value, worked: Worked | None) -> str:
        holder = self.state.heap[id]
        place = code(at + self.places.link(holder, key))
        old = segment.old_items.get((id, key))
        if isinstance(holder.items, dict) and key not in holder.items:
            return self.say("deleted", place)
        return self._put(place, old, holder.items[key], worked)

    def _splice(self, segment: Segment, change: Splice, at: str) -> str:
        heap, place = self.state.heap, code(at)
        length = len(heap[change.id].items)
        say, start = self.say, change.start
        added, removed = len(change.items), change.removed
        if removed == 1 and not added:
            return say("pop", code(segment.old_runs[change.id]), place, start, length)
        if removed == 0 and added == 1:
            value = self._text(change.items[0])
            if start == length - 1:
                return say("append", value, place, length)
            return say("insert", value, place, start, length)
        items = code(items_text(change.items, heap))
        if removed == 0 and start == length - added:
            return say("append_all", items, place, length)
        return say("replace", place, start, code(segment.old_runs.get(change.id, "[]")), items)
