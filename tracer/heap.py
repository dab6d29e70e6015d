"""The objects a trace knows: their ids, what they held when last looked at, and how they differ now.

Looking runs no code of the program: only slots and methods of built-in types are used, unbound, and
values compare by identity. Every known object is owned, so that an id never comes to mean another one.
"""

import collections
import types
from collections.abc import Callable
from itertools import compress, count
from operator import is_, is_not
from typing import Any

from tracer import wire
from tracer.events import OBJECT_KINDS
from tracer.nameable import describe_exact, describe_opaque, is_enum
from tracer.writer import Writer, varint

_KIND_BYTE = {kind: bytes([number]) for number, kind in enumerate(OBJECT_KINDS)}
_BASES: tuple[tuple[type, str], ...] = (
    (list, "list"),
    (tuple, "tuple"),
    (dict, "dict"),
    (set, "set"),
    (frozenset, "frozenset"),
    (collections.deque, "deque"),
    (bytearray, "bytearray"),
)
_IMMUTABLE = ("tuple", "frozenset")
_LOOKED_PAST = (type, BaseException, int, str, float, bytes)
_FEW = 16
"""Up to so many changed elements are told one by one, however short the list."""

_HEAP_TYPE = 1 << 9
_type_name = type.__dict__["__name__"].__get__
_type_mro = type.__dict__["__mro__"].__get__
_type_flags = type.__dict__["__flags__"].__get__
_type_dict = type.__dict__["__dict__"].__get__


def same(left: list[Any], right: list[Any]) -> bool:
    """Do two lists hold the very same objects in the same order?"""
    return len(left) == len(right) and all(map(is_, left, right))


class _Shape:
    """How objects of one type are read: its kind, name and note, and the slots of an instance."""

    __slots__ = ("base", "kind", "name", "note", "slots")

    def __init__(self, cls: type, kind: str, base: type | None, note: str) -> None:
        self.kind = kind
        self.name: str = _type_name(cls)
        self.base = base
        self.note = note
        self.slots: list[tuple[str, Any]] = []
        if kind == "object":
            for part in _type_mro(cls):
                for name, member in _type_dict(part).items():
                    if type(member) is types.MemberDescriptorType:
                        self.slots.append((name, member))


class Heap:
    """Everything the trace refers to by id.

    Attributes:
        missed: changes that only a full look found.
    """

    def __init__(self, writer: Writer, module: str) -> None:
        self.writer = writer
        self.module = module
        self.missed = 0
        self._ids: dict[int, int] = {}
        self._objects: list[Any] = []
        self._shapes: list[_Shape] = []
        self._shadows: list[Any] = []
        self._pending: list[int] = []
        self._mutable: list[int] = []
        self._types: dict[type, _Shape | None] = {}
        self._atoms: dict[type, Callable[[Any], bytes]] = {
            type(None): writer.none,
            bool: writer.truth,
            int: writer.integer,
            float: writer.real,
            str: writer.text,
            bytes: writer.raw,
            complex: writer.imaginary,
            type(...): writer.ellipsis,
        }

    def value(self, value: Any) -> bytes:
        """The encoded value; an object seen for the first time is defined by the next `flush`."""
        encode = self._atoms.get(type(value))
        if encode is not None:
            return encode(value)
        number = self._ids.get(id(value))
        if number is not None:
            return self.writer.ref(number)
        shape = self._shape(type(value))
        if shape is None:
            return self._nameless(value)
        number = len(self._objects)
        self._ids[id(value)] = number
        self._objects.append(value)
        self._shapes.append(shape)
        self._shadows.append(None)
        self._pending.append(number)
        return self.writer.ref(number)

    def _nameless(self, value: Any) -> bytes:
        exact = describe_exact(value)
        if exact is not None:
            return self.writer.exact(*exact)
        return self.writer.opaque(*describe_opaque(value))

    def _shape(self, cls: type) -> _Shape | None:
        try:
            return self._types[cls]
        except KeyError:
            shape = self._types[cls] = self._read_type(cls)
            return shape

    def _read_type(self, cls: type) -> _Shape | None:
        mro = _type_mro(cls)
        for base, kind in _BASES:
            if base in mro:
                fields = _type_dict(cls).get("_fields") if kind == "tuple" else None
                note = " ".join(fields) if isinstance(fields, tuple) else ""
                return _Shape(cls, kind, base, note)
        ours = _type_flags(cls) & _HEAP_TYPE and _type_dict(cls).get("__module__") == self.module
        if not ours or any(base in mro for base in _LOOKED_PAST) or is_enum(cls):
            return None
        return _Shape(cls, "object", None, "")

    # Reading.

    def _read(self, number: int) -> Any:
        """What an object holds now: elements, or keys and values, or a set's elements by identity."""
        value, shape = self._objects[number], self._shapes[number]
        match shape.kind:
            case "list":
                return list.copy(value)
            case "dict":
                if isinstance(value, collections.OrderedDict):
                    pairs = list(collections.OrderedDict.items(value))
                    return [key for key, _ in pairs], [item for _, item in pairs]
                return list(dict.keys(value)), list(dict.values(value))
            case "object":
                return self._read_instance(value, shape)
            case "deque":
                return list(collections.deque.__iter__(value))
            case "bytearray":
                return bytes(value)
            case "tuple":
                return list(tuple.__iter__(value))
            case "set":
                return {id(item): item for item in set.__iter__(value)}
        return {id(item): item for item in frozenset.__iter__(value)}

    @staticmethod
    def _read_instance(value: Any, shape: _Shape) -> tuple[list[Any], list[Any]]:
        keys: list[Any] = []
        values: list[Any] = []
        for name, member in shape.slots:
            try:
                values.append(member.__get__(value))
            except AttributeError:
                continue
            keys.append(name)
        try:
            attributes = object.__getattribute__(value, "__dict__")
        except AttributeError:
            return keys, values
        return keys + list(dict.keys(attributes)), values + list(dict.values(attributes))

    def _note(self, number: int) -> str:
        value, shape = self._objects[number], self._shapes[number]
        if shape.kind == "deque":
            limit = collections.deque.__dict__["maxlen"].__get__(value)
            return "" if limit is None else str(limit)
        if isinstance(value, collections.defaultdict):
            factory = collections.defaultdict.__dict__["default_factory"].__get__(value)
            return "" if factory is None else describe_opaque(factory)[1]
        return shape.note

    # Writing.

    def flush(self) -> None:
        """Defines every object that was met since the last flush, and those that they hold."""
        writer, pending = self.writer, self._pending
        at = 0
        while at < len(pending):
            number = pending[at]
            at += 1
            shape = self._shapes[number]
            writer.room(2 * _size(self._objects[number], shape.kind))
            held = self._read(number)
            if shape.kind not in _IMMUTABLE:
                self._shadows[number] = held
                self._mutable.append(number)
            head = varint(number) + _KIND_BYTE[shape.kind] + writer.name(shape.name) + writer.name(self._note(number))
            body = self._items(held)
            writer.out += bytes([wire.NEW]) + head + body
        pending.clear()

    def _items(self, held: Any) -> bytes:
        value = self.value
        if isinstance(held, tuple):
            keys, values = held
            pairs = [value(key) + value(item) for key, item in zip(keys, values, strict=True)]
            return varint(len(pairs)) + b"".join(pairs)
        if isinstance(held, bytes):
            return varint(1) + value(held)
        if isinstance(held, dict):
            held = list(held.values())
        return varint(len(held)) + b"".join(map(value, held))

    def look(self, value: Any, front: bool = False) -> None:
        """Records how a known object has changed, or what an unknown library object holds of known ones."""
        number = self._ids.get(id(value))
        if number is None:
            self._look_inside(value)
        elif self._shadows[number] is not None:
            self._compare(number, front)

    def _look_inside(self, value: Any) -> None:
        if not _type_flags(type(value)) & _HEAP_TYPE or type in _type_mro(type(value)):
            return
        try:
            attributes = object.__getattribute__(value, "__dict__")
        except AttributeError:
            return
        for held in list(dict.values(attributes)):
            number = self._ids.get(id(held))
            if number is not None and self._shadows[number] is not None:
                self._compare(number, front=False)

    def look_everywhere(self) -> None:
        """Compares every known object; what differs here was missed before."""
        for number in self._mutable:
            if self._compare(number, front=False):
                self.missed += 1

    def look_at_item(self, container: Any, key: Any) -> bool:
        """Records one element that was set; False where only a full look can tell what happened."""
        number = self._ids.get(id(container))
        if number is None or self._shadows[number] is None:
            return True
        shadow = self._shadows[number]
        if type(container) is not list or type(key) is not int or len(shadow) != len(container):
            return False
        index = key + len(container) if key < 0 else key
        if not 0 <= index < len(container):
            return False
        value = container[index]
        if shadow[index] is not value:
            shadow[index] = value
            body = self.value(index) + self.value(value)
            self._record(wire.SETITEM, number, body)
        return True

    def item(self, container: Any, key: Any) -> Any:
        """What a built-in container or an instance holds under a key; None where that would run code."""
        if type(container) is list and type(key) is int and -len(container) <= key < len(container):
            return container[key]
        if type(container) in (dict, collections.defaultdict) and type(key) in (int, str):
            return dict.get(container, key)
        number = self._ids.get(id(container))
        if number is not None and self._shapes[number].kind == "object":
            keys, values = self._read(number)
            return dict(zip(keys, values, strict=True)).get(key)
        return None

    def _compare(self, number: int, front: bool) -> bool:
        kind, old = self._shapes[number].kind, self._shadows[number]
        if kind == "list":
            live = self._objects[number]
            added = list.__len__(live) - len(old)
            if added == 0 and all(map(is_, old, list.__iter__(live))):
                return False
            if added > 0 and all(map(is_, old, list.__iter__(live))):
                fresh = list.__getitem__(live, slice(len(old), None))
                self._record(wire.SPLICE, number, varint(len(old)) + varint(0) + self._items(fresh))
                old.extend(fresh)
                return True
        new = self._read(number)
        match kind:
            case "dict" | "object":
                if same(old[0], new[0]) and same(old[1], new[1]):
                    return False
                self._shadows[number] = new
                self._mapping_delta(number, old, new)
            case "bytearray":
                if old == new:
                    return False
                self._shadows[number] = new
                self._record(wire.REFILL, number, self._items(new))
            case "set":
                if old.keys() == new.keys():
                    return False
                self._shadows[number] = new
                self._set_delta(number, old, new)
            case _:
                if same(old, new):
                    return False
                self._shadows[number] = new
                self._sequence_delta(number, old, new, front)
        return True

    def _record(self, opcode: int, number: int, body: bytes) -> None:
        self.writer.out += bytes([opcode]) + varint(number) + body

    def _sequence_delta(self, number: int, old: list[Any], new: list[Any], front: bool) -> None:
        if len(old) == len(new):
            changed = list(compress(count(), map(is_not, old, new)))
            if len(changed) <= _FEW or 4 * len(changed) <= len(new):
                for index in changed:
                    body = self.value(index) + self.value(new[index])
                    self._record(wire.SETITEM, number, body)
            else:
                self._record(wire.REFILL, number, self._items(new))
            return
        shorter = min(len(old), len(new))
        head = _common(old, new, shorter)
        tail = _common(old[::-1], new[::-1], shorter - (0 if front else head))
        head = min(head, shorter - tail)
        items = self._items(new[head : len(new) - tail])
        self._record(wire.SPLICE, number, varint(head) + varint(len(old) - head - tail) + items)

    def _mapping_delta(self, number: int, old: tuple[list[Any], list[Any]], new: tuple[list[Any], list[Any]]) -> None:
        if len(old[0]) <= len(new[0]) and all(map(is_, old[0], new[0])):
            changed = list(compress(count(), map(is_not, old[1], new[1])))
            self._set_items(number, new, [*changed, *range(len(old[0]), len(new[0]))])
            return
        before = {id(key): value for key, value in zip(*old, strict=True)}
        after = {id(key) for key in new[0]}
        kept = [key for key in old[0] if id(key) in after]
        grown = [key for key in new[0] if id(key) not in before]
        if not same(kept + grown, new[0]):
            self._record(wire.REFILL, number, self._items(new))
            return
        for key in old[0]:
            if id(key) not in after:
                self._record(wire.DELITEM, number, self.value(key))
        keys, values = new
        changed = [i for i, key in enumerate(keys) if id(key) not in before or before[id(key)] is not values[i]]
        self._set_items(number, new, changed)

    def _set_items(self, number: int, new: tuple[list[Any], list[Any]], indices: list[int]) -> None:
        for index in indices:
            body = self.value(new[0][index]) + self.value(new[1][index])
            self._record(wire.SETITEM, number, body)

    def _set_delta(self, number: int, old: dict[int, Any], new: dict[int, Any]) -> None:
        for key in [key for key in old if key not in new]:
            self._record(wire.DISCARD, number, self.value(old[key]))
        for key in [key for key in new if key not in old]:
            self._record(wire.ADD, number, self.value(new[key]))


def _size(value: Any, kind: str) -> int:
    """A lower bound of the elements, without asking the object itself."""
    match kind:
        case "list":
            return list.__len__(value)
        case "tuple":
            return tuple.__len__(value)
        case "dict":
            return 2 * dict.__len__(value)
        case "set":
            return set.__len__(value)
        case "frozenset":
            return frozenset.__len__(value)
        case "deque":
            return collections.deque.__len__(value)
        case "bytearray":
            return bytearray.__len__(value) // 2
    return 0


def _common(left: list[Any], right: list[Any], most: int) -> int:
    """How many leading elements two lists share, at most `most`."""
    shorter = min(len(left), len(right))
    return min(most, next(compress(count(), map(is_not, left, right)), shorter))
