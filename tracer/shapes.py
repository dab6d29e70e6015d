"""How the objects of a type are read without running any code of the program: only unbound slots of built-in types."""

import collections
import types
from collections.abc import Iterable
from typing import Any

from tracer.identity import identity
from tracer.nameable import describe_opaque, is_enum, type_dict, type_mro, type_name

IMMUTABLE = ("tuple", "frozenset")
_BASES: tuple[tuple[type, str], ...] = (
    (list, "list"),
    (tuple, "tuple"),
    (dict, "dict"),
    (set, "set"),
    (frozenset, "frozenset"),
    (collections.deque, "deque"),
    (bytearray, "bytearray"),
)
_LOOKED_PAST = (type, BaseException, int, str, float, bytes)
_HEAP_TYPE = 1 << 9
_PLAIN = frozenset(map(identity, (int, str, float, bool, bytes, type(None), complex)))

type_flags = type.__dict__["__flags__"].__get__
_basic_size = type.__dict__["__basicsize__"].__get__


class Shape:
    """How objects of one type are read.

    Attributes:
        kind: one of `tracer.events.OBJECT_KINDS`.
        note: the field names of a namedtuple, else empty.
        slots: name and descriptor of the slots of an instance.
        bare: an instance that keeps all attributes in its `__dict__`.
        ordered: an OrderedDict, whose order is not that of its base.
        inherits: an instance with methods of the library, which may change what its attributes hold.
    """

    __slots__ = ("bare", "inherits", "kind", "name", "note", "ordered", "slots")

    def __init__(self, cls: type, kind: str, note: str) -> None:
        self.kind = kind
        self.name: str = type_name(cls)
        self.note = note
        self.ordered = any(part is collections.OrderedDict for part in type_mro(cls))
        self.slots: list[tuple[str, Any]] = []
        if kind == "object":
            for part in type_mro(cls):
                for name, member in type_dict(part).items():
                    if type(member) is types.MemberDescriptorType:
                        self.slots.append((name, member))
        self.bare = kind == "object" and not self.slots
        bases = [part for part in type_mro(cls) if part is not object]
        own = type_dict(cls).get("__module__")
        self.inherits = kind == "object" and any(type_dict(part).get("__module__") != own for part in bases)


def read_shape(cls: type, module: str) -> Shape | None:
    """How a type's objects are read; None where they are only named."""
    mro = type_mro(cls)
    for base, kind in _BASES:
        if any(part is base for part in mro):
            fields = type_dict(cls).get("_fields") if kind == "tuple" else None
            return Shape(cls, kind, " ".join(fields) if isinstance(fields, tuple) else "")
    ours = type_flags(cls) & _HEAP_TYPE and type_dict(cls).get("__module__") == module
    if not ours or any(part is base for part in mro for base in _LOOKED_PAST) or is_enum(cls):
        return None
    return Shape(cls, "object", "")


def read_note(value: Any, shape: Shape) -> str:
    """What is said of an object beside its type: see `tracer.events.New`."""
    if shape.kind == "deque":
        limit = collections.deque.__dict__["maxlen"].__get__(value)
        return "" if limit is None else str(limit)
    if issubclass(type(value), collections.defaultdict):  # an object may lie about its class
        factory = collections.defaultdict.__dict__["default_factory"].__get__(value)
        return "" if factory is None else describe_opaque(factory)[1]
    return shape.note


def read_contents(value: Any, shape: Shape) -> list[Any]:
    """An object's elements in order, or a mapping's keys and values in turns; a bytearray's bytes as one."""
    match shape.kind:
        case "list":
            return list.copy(value)
        case "tuple":
            return list(tuple.__iter__(value))
        case "deque":
            return list(collections.deque.__iter__(value))
        case "bytearray":
            return [bytes(bytearray.copy(value))]
        case "set":
            return list(set.__iter__(value))
        case "frozenset":
            return list(frozenset.__iter__(value))
    pairs = read_pairs(value, shape)
    flat: list[Any] = [None] * (2 * len(pairs[0]))
    flat[::2], flat[1::2] = pairs
    return flat


def read_pairs(value: Any, shape: Shape) -> tuple[list[Any], list[Any]]:
    """The keys and the values of a mapping, or the attributes of an instance."""
    if shape.kind == "dict":
        if shape.ordered:
            pairs = list(collections.OrderedDict.items(value))
            return [key for key, _ in pairs], [item for _, item in pairs]
        return list(dict.keys(value)), list(dict.values(value))
    keys: list[Any] = []
    values: list[Any] = []
    for name, member in shape.slots:
        try:
            values.append(member.__get__(value))
        except AttributeError:
            continue
        keys.append(name)
    attributes = read_attributes(value)
    if attributes is None:
        return keys, values
    return keys + list(dict.keys(attributes)), values + list(dict.values(attributes))


def read_attributes(value: Any) -> dict[str, Any] | None:
    """The `__dict__` of an instance; None if it has none."""
    try:
        found: dict[str, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return found


def is_being_sorted(value: list[Any]) -> bool:
    """Does `sort` hold the elements of a list at this moment? It puts the room they take at minus one."""
    return bool(list.__sizeof__(value) < _basic_size(type(value)))


def is_library_instance(cls: type) -> bool:
    """May an instance of this type hold objects of the program in its attributes? Not if it is a class itself."""
    return bool(type_flags(cls) & _HEAP_TYPE) and all(part is not type for part in type_mro(cls))


def are_plain(keys: Iterable[Any]) -> bool:
    """Is each of them plain?"""
    return _PLAIN.issuperset(map(identity, map(type, keys)))


def is_plain(key: Any) -> bool:
    """Does hashing and comparing a key run no code of the program, and is an equal one told by the same value?

    A tuple is a heap object: another one with the same elements has another number.
    """
    return identity(type(key)) in _PLAIN
