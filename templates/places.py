"""Where an object is to be seen from a frame: a name, or a chain of at most four keys from one."""

from typing import Any

from templates.expressions import Expression
from templates.values import value_text
from tracer.events import Change, New, Ref, Refill, SetItem, Span, Splice, Value
from tracer.replay import HeapObject, State

DEPTH = 4
"""Links that a chain may have."""

Path = tuple[int, str, tuple[Value, ...]]
"""The frame and the name that a chain starts from, and its keys."""

_INDEXED = ("list", "tuple", "deque")
_ALIKE = (float, bool)
"""Types whose values may be one key with an int: 1, 1.0 and True are. Told is the key that the dict holds."""


class Places:
    """Finds places; keeps who holds whom, so that a search walks from the object to the names, not over the heap."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._holders: dict[int, dict[int, Value]] = {}
        self._known: dict[tuple[int, int], Path] = {}
        self._alike_keyed: set[int] = set()

    def note(self, change: Change) -> None:
        """Remembers what a change puts where; holds that are gone are forgotten when a search meets them."""
        if type(change) is SetItem and type(change.key) in _ALIKE:
            self._alike_keyed.add(change.id)
        match change:
            case SetItem(id, key, Ref(held)):
                self._holders.setdefault(held, {})[id] = key
            case New(id, kind, _, _, items) if kind not in ("set", "frozenset", "bytearray"):
                self._note_items(id, items, 0)
            case Splice(id, start, _, items):
                self._note_items(id, items, start)
            case Refill(id, items):
                self._note_items(id, items, 0)

    def _note_items(self, holder: int, items: tuple[Any, ...], start: int) -> None:
        for index, item in enumerate(items, start):
            key, value = item if type(item) is tuple else (index, item)
            if type(key) in _ALIKE:
                self._alike_keyed.add(holder)
            if type(value) is Ref:
                self._holders.setdefault(value.id, {})[holder] = key

    def find(self, target: int, frame: int, hints: list[Expression], probes: dict[Span, Value]) -> Path | None:
        """A chain from a name that the frame sees to the object; the way the statement itself goes, if it does."""
        for hint in hints:
            if probes.get(hint.span) == Ref(target):
                path = self.path_of(hint, frame, probes)
                if path is not None and self.follow(path, frame) == Ref(target):
                    return path
        known = self._known.get((frame, target))
        if known is not None and self.follow(known, frame) == Ref(target):
            return known
        path = self._search(target, frame)
        if path is not None:
            self._known[frame, target] = path
        return path

    def follow(self, path: Path, frame: int) -> Value | None:
        """What stands at the end of a chain now, as the frame sees it; None where it breaks off."""
        root, name, keys = path
        frames = self.state.frames
        if root not in frames or (root != frame and (root != 0 or name in frames[frame].names)):
            return None
        value = frames[root].names.get(name)
        for key in keys:
            if type(value) is not Ref:
                return None
            found = self.state.heap[value.id]
            if found.kind in _INDEXED:
                if type(key) is not int or not 0 <= key < len(found.items):
                    return None
                value = found.items[key]
            elif found.kind in ("dict", "object"):
                value = found.items.get(key)
            else:
                return None
        return value

    def text(self, path: Path) -> str:
        """A chain as it is written."""
        root, name, keys = path
        text, value = name, self.state.frames[root].names.get(name)
        for key in keys:
            assert type(value) is Ref
            holder = self.state.heap[value.id]
            text += self.link(holder, key)
            value = holder.items[key]
        return text

    def link(self, holder: HeapObject, key: Value) -> str:
        """The link to one element or attribute."""
        return f".{key!s}" if holder.kind == "object" else f"[{value_text(key, self.state.heap)}]"

    def path_of(self, hint: Expression, frame: int, probes: dict[Span, Value]) -> Path | None:
        """The chain that a program's own expression spells."""
        if hint.kind == "name":
            names = self.state.frames[frame].names
            return (frame if hint.text in names else 0), hint.text, ()
        if hint.kind not in ("attribute", "subscript"):
            return None
        base = self.path_of(hint.parts[0], frame, probes)
        if base is None:
            return None
        root, name, keys = base
        if hint.kind == "attribute":
            return root, name, (*keys, hint.word)
        if hint.word != "[]" or len(hint.parts) != 2:
            return None
        index = hint.parts[1]
        key = probes.get(index.span)
        if index.kind == "constant" and key is None:
            key = _constant(index.text)
        if key is None:
            return None
        holder = self.follow(base, frame)
        if type(holder) is Ref:
            found = self.state.heap[holder.id]
            if type(key) is int and key < 0 and found.kind in _INDEXED:
                key += len(found.items)
            elif type(key) in _ALIKE or holder.id in self._alike_keyed:
                key = next((held for held in found.items if held == key), key)
        return root, name, (*keys, key)

    def _search(self, target: int, frame: int) -> Path | None:
        names = self._names(frame)
        seen = {target}
        level: list[tuple[int, tuple[Value, ...]]] = [(target, ())]
        for depth in range(DEPTH + 1):
            for held, keys in level:
                if held in names:
                    root, name = names[held]
                    return root, name, keys
            if depth == DEPTH:
                break
            above: list[tuple[int, tuple[Value, ...]]] = []
            for held, keys in level:
                for holder, key in self._held_by(held):
                    if holder not in seen:
                        seen.add(holder)
                        above.append((holder, (key, *keys)))
            level = above
        return None

    def _names(self, frame: int) -> dict[int, tuple[int, str]]:
        """The objects that names hold, as the frame sees them: its own names before the globals."""
        frames = self.state.frames
        own = frames[frame].names
        found: dict[int, tuple[int, str]] = {}
        for name, value in own.items():
            if type(value) is Ref:
                found.setdefault(value.id, (frame, name))
        if frame != 0:
            for name, value in frames[0].names.items():
                if type(value) is Ref and name not in own:
                    found.setdefault(value.id, (0, name))
        return found

    def _held_by(self, target: int) -> list[tuple[int, Value]]:
        """Who holds the object, and under which key."""
        holders = self._holders.get(target, {})
        found: list[tuple[int, Value]] = []
        for holder, hint in list(holders.items()):
            keys = _locate(self.state.heap[holder], target, hint)
            if keys:
                holders[holder] = keys[0]
                found.append((holder, keys[0]))
            else:
                del holders[holder]
        return found


def _locate(holder: HeapObject, target: int, hint: Value) -> tuple[Value, ...]:
    """The key under which an object holds another, if it does; the hint is tried first."""
    items = holder.items
    if holder.kind in _INDEXED:
        if type(hint) is int and hint < len(items) and type(items[hint]) is Ref and items[hint].id == target:
            return (hint,)
        pairs = enumerate(items)
    else:
        found = items.get(hint)
        if type(found) is Ref and found.id == target:
            return (hint,)
        pairs = items.items()
    for key, value in pairs:
        if type(value) is Ref and value.id == target:
            return (key,)
    return ()


def _constant(text: str) -> Value | None:
    """An int or str literal as a key; None for anything fancier."""
    if text.isdecimal():
        return int(text)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" and "\\" not in text and text[0] not in text[1:-1]:
        return text[1:-1]
    return None
