"""The net change of a range of events: what stands otherwise after it than before, as one frame sees it."""

from collections.abc import Iterable
from typing import Any

from templates.checking.segment import NOTHING, NameChange, ObjectChange, Old, Segment, changed_keys, same_value
from tracer.events import Add, Bind, Change, Discard, New, Probe, Refill, SetItem, Splice, Unbind, Value
from tracer.replay import HeapObject, State


def _same_items(before: Any, after: Any) -> bool:
    if len(before) != len(after):
        return False
    if isinstance(before, dict):
        return all(key in after and same_value(value, after[key]) for key, value in before.items())
    return all(map(same_value, before, after))


class NetSegment(Segment):
    """A segment that grows event by event; once settled, its changes are those that remain in the end.

    Attributes:
        strangers: the frames, other than the viewing one and the module, in which a name was bound.
        binds: every value that a name of the viewing frame or the module was bound to, in order.
    """

    def __init__(self, state: State, links: dict[int, tuple[int, ...]]) -> None:
        """Begins at the state as it stands; the frame that is current now is the one that views."""
        super().__init__(state, (), links)
        self.strangers: set[int] = set()
        self.binds: dict[tuple[int, str], list[Value]] = {}
        self._saved: dict[int, Any] = {}
        self._fresh: set[int] = set()

    def absorb(self, changes: Iterable[Change]) -> list[Probe]:
        """Applies the changes up to the next event, and gives back what was evaluated meanwhile."""
        self.probes = []
        for change in changes:
            self._apply(change)
        self.read_to = self.state.stdin_read
        return self.probes

    def _apply(self, change: Change) -> None:
        if isinstance(change, New):
            self._fresh.add(change.id)
        super()._apply(change)

    def _name(self, change: Bind | Unbind) -> None:
        if change.frame not in self.state.frames:
            return
        key = (change.frame, change.name)
        if change.frame not in (self.frame, 0):
            self.strangers.add(change.frame)
        else:
            new: Old = change.value if isinstance(change, Bind) else NOTHING
            made = self.names.get(key)
            if made is None:
                old = self.state.frames[change.frame].names.get(change.name, NOTHING)
                self.names[key] = NameChange(change.frame, change.name, old, new)
            else:
                made.new = new
            if isinstance(change, Bind):
                self.binds.setdefault(key, []).append(change.value)
        self.state.apply(change)

    def _change(self, change: Any) -> None:
        number = change.id
        if number not in self._saved and number not in self._fresh:
            self._saved[number] = self.state.heap[number].items.copy()
        self.state.apply(change)
        self._links.pop(number, None)

    def settle(self) -> None:
        """Keeps of all that happened what stands otherwise in the end."""
        self.names = {key: made for key, made in self.names.items() if not same_value(made.old, made.new)}
        self.objects = {}
        for number, before in self._saved.items():
            changes = _net(self.state.heap[number], before)
            if changes:
                self.objects[number] = changes

    def before(self, number: int) -> HeapObject:
        """An object as it stood before the range."""
        found = self.state.heap[number]
        if number in self._saved:
            return HeapObject(found.id, found.kind, found.type, found.note, self._saved[number])
        return found


def _net(found: HeapObject, before: Any) -> list[ObjectChange]:
    after, number = found.items, found.id
    if _same_items(before, after):
        return []
    size = len(after)
    if isinstance(after, dict):
        if found.kind in ("set", "frozenset"):
            lost = [ObjectChange(Discard(number, key), key, size) for key in before if key not in after]
            return lost + [ObjectChange(Add(number, key), NOTHING, size) for key in after if key not in before]
        return changed_keys(found, before)
    kept = len(before)
    if kept < size and _same_items(before, after[:kept]):
        put = (bytes(after[kept:]),) if found.kind == "bytearray" else tuple(after[kept:])
        return [ObjectChange(Splice(number, kept, 0, put), (), size)]
    if kept == size and found.kind != "bytearray":
        return [
            ObjectChange(SetItem(number, index, new), old, size)
            for index, (old, new) in enumerate(zip(before, after, strict=True))
            if not same_value(old, new)
        ]
    return [ObjectChange(Refill(number, tuple(after)), before, size)]
