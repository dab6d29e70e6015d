"""What the trace keeps of an object that it refers to: its number, and what it held when last looked at.

The values that a shadow holds compare by identity, or where `is_plain` says that no code of the program can run.
"""

import collections
from collections import deque
from collections.abc import Collection
from itertools import compress, count
from operator import is_, is_not
from typing import Any

from tracer import opcodes as op
from tracer.identity import identity
from tracer.shapes import IMMUTABLE, Shape, are_plain, is_plain
from tracer.writer import varint

MISSING = object()
_MAPPINGS = frozenset(map(identity, (dict, collections.defaultdict, collections.Counter, collections.OrderedDict)))
_maxlen = deque.__dict__["maxlen"].__get__


def same(left: Collection[Any], right: Collection[Any]) -> bool:
    """Do two sequences hold the very same objects in the same order?"""
    return len(left) == len(right) and all(map(is_, left, right))


class Known:
    """An object that the trace refers to.

    Attributes:
        ref: its number as a varint; `set`, `added`, `appended`, `popped`, `dequeued`: the records that begin with it,
            of an object that can change.
        ends: a sequence of a built-in type whose length tells what became of its ends.
        keys: a mapping of a built-in type that keeps its keys in the order of their coming.
        shadow: what it held when last looked at: a list, a deque, bytes (bytearray), a dict by key
            (dict with plain keys, instance) or two lists of keys and values (other dicts), a dict of
            elements by themselves or by identity (set); None if it cannot change or is not defined yet.
    """

    __slots__ = (
        "added",
        "appended",
        "dequeued",
        "ends",
        "keys",
        "number",
        "object",
        "popped",
        "ref",
        "set",
        "shadow",
        "shape",
    )

    def __init__(self, value: Any, number: int, shape: Shape) -> None:
        self.object = value
        self.number = number
        self.shape = shape
        self.ref = varint(number)
        self.shadow: Any = None
        self.ends = self.keys = False
        if shape.kind in IMMUTABLE:
            return
        self.set = bytes([op.SETITEM]) + self.ref
        self.appended = bytes([op.APPEND]) + self.ref
        self.popped = bytes([op.POP_LAST]) + self.ref
        self.dequeued = bytes([op.POP_FIRST]) + self.ref
        self.added = bytes([op.ADD]) + self.ref
        self.ends = type(value) is list or (type(value) is deque and _maxlen(value) is None)
        self.keys = identity(type(value)) in _MAPPINGS


def _mark(item: Any) -> Any:
    """What a set's shadow knows an element by: the element, or a tuple of its id where that would run code."""
    return item if is_plain(item) else (MISSING, identity(item))


def in_set(item: Any, shadow: dict[Any, Any]) -> bool:
    """Is an element in what a set held?"""
    return _mark(item) in shadow


class _Marks(dict[Any, Any]):
    """The shadow of a set with elements whose comparing would run code."""


def set_shadow(items: list[Any]) -> dict[Any, Any]:
    """What a set holds, by its marks."""
    marks = {_mark(item): item for item in items}
    return marks if are_plain(items) else _Marks(marks)


def pairs_shadow(keys: list[Any], values: list[Any], shape: Shape) -> Any:
    """What a mapping or an instance holds: a dict by key, or two lists where comparing keys would run code."""
    if shape.kind == "object" or are_plain(keys):
        return dict(zip(keys, values, strict=True))
    return keys, values


def shadow_of(contents: list[Any], shape: Shape) -> Any:
    """What a new object holds, in the form that `Known.shadow` names; `contents` as `read_contents` gives them."""
    match shape.kind:
        case "list":
            return contents
        case "deque":
            return deque(contents)
        case "bytearray":
            return contents[0]
        case "set":
            return set_shadow(contents)
    return pairs_shadow(contents[::2], contents[1::2], shape)


def in_turns(keys: list[Any], values: list[Any]) -> list[Any]:
    """Keys and values in one list, each key before its value."""
    flat: list[Any] = [None] * (2 * len(keys))
    flat[::2], flat[1::2] = keys, values
    return flat


def common(left: list[Any], right: list[Any], most: int) -> int:
    """How many leading elements two lists share, at most `most`."""
    shorter = min(len(left), len(right))
    return min(most, next(compress(count(), map(is_not, left, right)), shorter))
