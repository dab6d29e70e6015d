"""The objects a trace knows: their ids, what they held when last looked at, and how they differ now.

Looking runs no code of the program: only slots and methods of built-in types are used, unbound, and
values compare by identity. Every known object is owned, so that an id never comes to mean another one.
"""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import compress, count, islice, repeat
from operator import is_, is_not, length_hint
from typing import Any

from tracer import opcodes as op
from tracer.effects import ANY, APPENDED, DEQUEUED, EXTENDED, HEAP_GREW, INSERTED, KEYED, POPPED, PUSHED
from tracer.events import OBJECT_KINDS
from tracer.identity import identity
from tracer.known import MISSING, Known, common, in_set, in_turns, pairs_shadow, same, set_shadow, shadow_of
from tracer.moves import FEW, Mover
from tracer.nameable import describe_exact, describe_opaque
from tracer.shapes import (
    IMMUTABLE,
    Shape,
    are_plain,
    is_being_sorted,
    is_library_instance,
    is_plain,
    read_attributes,
    read_contents,
    read_note,
    read_pairs,
    read_shape,
)
from tracer.writer import RUN, Writer, count_runs, encode_ref, join_runs, varint

_LONG = 256
"""From so many elements on it is worth looking for runs before any is encoded."""
_KIND = {kind: varint(number) for number, kind in enumerate(OBJECT_KINDS)}
_SEQUENCES: dict[str, Callable[[Any], Iterator[Any]]] = {
    "list": list.__iter__,
    "tuple": tuple.__iter__,
    "deque": deque.__iter__,
}


class Heap:
    """Everything the trace refers to by id.

    Attributes:
        known: everything the trace refers to, by `identity`.
        missed: changes that only a full look found.
        pending: objects that the log has referred to and not defined yet.
    """

    def __init__(self, writer: Writer, module: str) -> None:
        self.writer = writer
        self.module = module
        self.missed = 0
        self.known: dict[int, Known] = {}
        self._refs: dict[int, bytes] = {}
        self.pending: list[Known] = []
        self.mover = Mover(writer, self.value)
        self._mutable: list[Known] = []
        self._shapes: dict[int, tuple[type, Shape | None]] = {}
        self._heads: dict[Shape, bytes] = {}
        # By the ids of types: looking a type itself up would ask its metaclass.
        self._atoms: dict[int, Callable[[Any], bytes]] = {
            identity(type(None)): writer.none,
            identity(bool): writer.truth,
            identity(int): writer.integer,
            identity(float): writer.real,
            identity(str): writer.text,
            identity(bytes): writer.raw,
            identity(complex): writer.imaginary,
            identity(type(...)): writer.ellipsis,
        }

    def value(self, value: Any) -> bytes:
        """The encoded value; an object seen for the first time is defined by the next `flush`."""
        encode = self._atoms.get(identity(type(value)))
        if encode is not None:
            return encode(value)
        ref = self._refs.get(identity(value))
        if ref is not None:
            return ref
        shape = self.shape_of(type(value))
        if shape is None:
            return self._nameless(value)
        known = Known(value, len(self.known), shape)
        self.known[identity(value)] = known
        self.pending.append(known)
        ref = self._refs[identity(value)] = encode_ref(known.number)
        return ref

    def _nameless(self, value: Any) -> bytes:
        exact = describe_exact(value)
        if exact is not None:
            return self.writer.exact(*exact)
        return self.writer.opaque(*describe_opaque(value))

    def shape_of(self, cls: type) -> Shape | None:
        """How a type's objects are read; None where they are only named."""
        found = self._shapes.get(identity(cls))
        if found is None:
            found = self._shapes[identity(cls)] = cls, read_shape(cls, self.module)
        return found[1]

    # Defining.

    def flush(self) -> None:
        """Defines every object that was met since the last flush, and those that they hold."""
        if not self.pending:
            return
        writer, pending = self.writer, self.pending
        at = 0
        while at < len(pending):
            known = pending[at]
            at += 1
            shape, value = known.shape, known.object
            iterate = _SEQUENCES.get(shape.kind)
            if iterate is not None and length_hint(iterate(value)) >= _LONG:
                self.writer.room(count_runs(iterate(value), iterate(value)))
            contents = read_contents(value, shape)
            if shape.kind not in IMMUTABLE:
                known.shadow = shadow_of(contents, shape)
                self._mutable.append(known)
            head = self._heads.get(shape) or self._head(value, shape)
            body = self._items(contents)
            writer.out += bytes([op.NEW]) + known.ref + head + body
        pending.clear()

    def _head(self, value: Any, shape: Shape) -> bytes:
        """What is said of an object before its items; kept where it is the same for all of its type."""
        head = _KIND[shape.kind] + self.writer.name(shape.name) + self.writer.name(read_note(value, shape))
        if shape.kind in ("tuple", "list", "object"):
            self._heads[shape] = head
        return head

    def _items(self, items: list[Any]) -> bytes:
        """A count and the encoded items.

        Raises:
            ByteLimit: they would not fit.
        """
        size = len(items)
        if size < RUN:
            return varint(size) + b"".join(map(self.value, items))
        if size >= _LONG:
            first = items[0]
            if all(map(is_, items, repeat(first))):
                return varint(size) + bytes([op.V_REPEAT]) + varint(size) + self.value(first)
            self.writer.room(count_runs(iter(items), iter(items)))
        return varint(size) + join_runs(map(self.value, items))

    # Looking.

    def look(self, value: Any, change: int = ANY, key: Any = None) -> None:
        """Records how a known object has changed, or what an unknown library object holds of known ones.

        `change` and `key` say what alone can have happened to an object of a built-in type.
        """
        known = self.known.get(identity(value))
        if known is None:
            self._look_inside(value)
        elif known.shadow is not None:
            if change == ANY:
                seen = False
            elif known.ends:
                sifted = change >= HEAP_GREW
                seen = self.mover.sift(known, change) if sifted else self._look_at_end(known, change)
            elif change == KEYED:
                seen = (known.keys or type(value) is set) and self._look_at_key(known, key)
            else:
                seen = change == INSERTED and known.keys and self._look_at_new_keys(known)
            if not seen:
                self._compare(known)
            if known.shape.inherits:
                self._look_inside(value)

    def _look_at_end(self, known: Known, change: int) -> bool:
        """Records what came or went at an end of a sequence; False where that is not all."""
        live, shadow = known.object, known.shadow
        grown = len(live) - len(shadow)
        if change in (APPENDED, EXTENDED) and grown >= 0:
            if grown == 1:
                fresh = live[-1]
                encoded = self.value(fresh)
                self.writer.out += known.appended + encoded
                shadow.append(fresh)
            elif grown:
                tail = [live[index] for index in range(-grown, 0)]
                self._splice(known, len(shadow), 0, tail)
                shadow.extend(tail)
            return True
        if change == POPPED and grown <= 0:
            if grown == -1:
                self.writer.out += known.popped
                shadow.pop()
            elif grown:
                self._splice(known, len(live), -grown, [])
                for _ in range(-grown):
                    shadow.pop()
            return True
        if change == DEQUEUED and grown <= 0:
            if grown == -1:
                self.writer.out += known.dequeued
                del shadow[0]
            elif grown:
                self._splice(known, 0, -grown, [])
                for _ in range(-grown):
                    del shadow[0]
            return True
        if change == PUSHED and grown >= 0:
            if grown:
                head = [live[index] for index in range(grown)]
                self._splice(known, 0, 0, head)
                for item in reversed(head):
                    shadow.insert(0, item)
            return True
        return False

    def _look_at_key(self, known: Known, key: Any) -> bool:
        """Records what became of one key or element; False where that is not all, or cannot be asked."""
        live, shadow = known.object, known.shadow
        if type(shadow) is not dict or not is_plain(key):
            return False
        before = shadow.get(key, MISSING)
        if type(live) is set:
            after = key if key in live else MISSING
            if (before is MISSING) is not (after is MISSING):
                self._record(op.ADD if before is MISSING else op.DISCARD, known, self.value(key))
        else:
            after = dict.get(live, key, MISSING)
            if after is MISSING and before is not MISSING:
                self._record(op.DELITEM, known, self.value(key))
            elif after is not before:
                self._record(op.SETITEM, known, self.value(key) + self.value(after))
        if after is MISSING:
            shadow.pop(key, None)
        else:
            shadow[key] = after
        return len(shadow) == len(live)

    def _look_at_new_keys(self, known: Known) -> bool:
        """Records keys that came to a dict; False where that is not all, or cannot be asked."""
        live, shadow = known.object, known.shadow
        grown = len(live) - len(shadow)
        if type(shadow) is not dict or grown < 0:
            return False
        if grown:
            fresh = list(islice(dict.__reversed__(live), grown))
            if known.shape.ordered or not are_plain(fresh):
                return False
            for key in reversed(fresh):
                shadow[key] = value = dict.get(live, key)
                self._record(op.SETITEM, known, self.value(key) + self.value(value))
        return True

    def look_at_item(self, container: Any, key: Any) -> None:
        """Records one element that was set."""
        known = self.known.get(identity(container))
        if known is None or known.shadow is None:
            return
        shadow = known.shadow
        if type(container) is list:
            if type(key) is int and len(shadow) == len(container) and -len(shadow) <= key < len(shadow):
                value = container[key]
                if shadow[key] is not value:
                    shadow[key] = value
                    index = key if key >= 0 else key + len(shadow)
                    encoded = self.value(index) + self.value(value)
                    self.writer.out += known.set + encoded
                return
        elif known.keys and self._look_at_key(known, key):
            return
        self._compare(known)

    def look_at_attribute(self, value: Any, name: str) -> None:
        """Records one attribute that was set."""
        known = self.known.get(identity(value))
        if known is None or known.shadow is None:
            return
        if known.shape.kind == "object" and not known.shape.slots:
            attributes = read_attributes(value)
            shadow = known.shadow
            if attributes is not None and type(shadow) is dict:
                after = dict.get(attributes, name, MISSING)
                if after is not MISSING:
                    if shadow.get(name, MISSING) is not after:
                        shadow[name] = after
                        self._record(op.SETITEM, known, self.value(name) + self.value(after))
                    if len(shadow) == len(attributes):
                        return
        self._compare(known)

    def _look_inside(self, value: Any) -> None:
        if not is_library_instance(type(value)):
            return
        for held in list(dict.values(read_attributes(value) or {})):
            known = self.known.get(identity(held))
            if known is not None and known.shadow is not None:
                self._compare(known)

    def look_everywhere(self) -> int:
        """Compares every known object; gives how many had changed unseen."""
        return sum(map(self._compare, self._mutable))

    def size(self) -> int:
        """How many elements a look everywhere compares."""
        return sum(len(known.shadow) for known in self._mutable)

    # Comparing.

    def _compare(self, known: Known) -> bool:
        kind, old, live = known.shape.kind, known.shadow, known.object
        if kind == "list":
            size = list.__len__(live)
            if len(old) == size and all(map(is_, old, list.__iter__(live))):
                return False
            if not size and is_being_sorted(live):
                return False
        elif kind in ("dict", "object"):
            return self._compare_pairs(known)
        new = read_contents(live, known.shape)
        if kind == "bytearray":
            if old == new[0]:
                return False
            known.shadow = new[0]
            self._record(op.REFILL, known, self._items(new))
            return True
        if kind == "set":
            return self._compare_set(known, new)
        if same(old, new):
            return False
        known.shadow = new if kind == "list" else deque(new)
        self._sequence_delta(known, list(old), new)
        return True

    def _record(self, opcode: int, known: Known, body: bytes) -> None:
        self.writer.out += bytes([opcode]) + known.ref + body

    def _splice(self, known: Known, start: int, removed: int, items: list[Any]) -> None:
        self._record(op.SPLICE, known, varint(start) + varint(removed) + self._items(items))

    def _sequence_delta(self, known: Known, old: list[Any], new: list[Any]) -> None:
        if len(old) == len(new):
            changed = list(compress(count(), map(is_not, old, new)))
            if len(changed) <= FEW or 4 * len(changed) <= len(new):
                for index in changed:
                    self._record(op.SETITEM, known, self.value(index) + self.value(new[index]))
            elif all(map(is_, islice(old, 1, None), new)):
                self._splice(known, 0, 1, [])
                self._splice(known, len(new) - 1, 0, new[-1:])
            elif all(map(is_, old, islice(new, 1, None))):
                self._splice(known, len(new) - 1, 1, [])
                self._splice(known, 0, 0, new[:1])
            else:
                self._record(op.REFILL, known, self._items(new))
            return
        shorter = min(len(old), len(new))
        head = common(old, new, shorter)
        tail = common(old[::-1], new[::-1], shorter - head)
        self._splice(known, head, len(old) - head - tail, new[head : len(new) - tail])

    def _compare_pairs(self, known: Known) -> bool:
        keys, values = read_pairs(known.object, known.shape)
        shadow = known.shadow
        by_key = type(shadow) is dict
        old_keys, old_values = (list(shadow), list(shadow.values())) if by_key else shadow
        if same(old_keys, keys) and same(old_values, values):
            return False
        known.shadow = pairs_shadow(keys, values, known.shape)
        by_key = by_key and type(known.shadow) is dict
        if by_key and len(old_keys) == len(keys) and old_keys == keys and same(old_values, values):
            return False
        self._mapping_delta(known, (old_keys, old_values), (keys, values), by_key)
        return True

    def _mapping_delta(
        self,
        known: Known,
        old: tuple[list[Any], list[Any]],
        new: tuple[list[Any], list[Any]],
        by_key: bool,
    ) -> None:
        before = dict(zip(old[0] if by_key else map(identity, old[0]), old[1], strict=True))
        marks = new[0] if by_key else list(map(identity, new[0]))
        after = set(marks)
        gone = [key for key, mark in zip(old[0], before, strict=True) if mark not in after]
        kept = [mark for mark in before if mark in after]
        if kept != marks[: len(kept)]:
            self._record(op.REFILL, known, self._items(in_turns(*new)))
            return
        for key in gone:
            self._record(op.DELITEM, known, self.value(key))
        for mark, key, value in zip(marks, *new, strict=True):
            if before.get(mark, MISSING) is not value:
                self._record(op.SETITEM, known, self.value(key) + self.value(value))

    def _compare_set(self, known: Known, new: list[Any]) -> bool:
        old = known.shadow
        if type(old) is dict and len(old) == len(new) and are_plain(new) and all(map(old.__contains__, new)):
            return False
        fresh = known.shadow = set_shadow(new)
        gone = [item for item in old.values() if not in_set(item, fresh)]
        grown = [item for item in new if not in_set(item, old)]
        for item in gone:
            self._record(op.DISCARD, known, self.value(item))
        for item in grown:
            self._record(op.ADD, known, self.value(item))
        return bool(gone or grown)
