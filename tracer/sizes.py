"""About how many bytes telling a value takes, before any of it is told."""

import collections
from collections.abc import Callable
from typing import Any

from tracer.heap import Heap
from tracer.identity import identity
from tracer.shapes import read_contents

REFERENCE = 8
"""What telling a known object is taken to come to, and any value that has no parts and no length."""
# By the ids of types: looking a type itself up would ask its metaclass.
_WITH_LENGTH = frozenset(map(identity, (int, str, bytes)))
_LENGTHS: dict[str, Callable[[Any], int]] = {
    "list": list.__len__,
    "tuple": tuple.__len__,
    "deque": collections.deque.__len__,
    "bytearray": bytearray.__len__,
    "set": set.__len__,
    "frozenset": frozenset.__len__,
    "dict": dict.__len__,
}


def size_of(value: Any, heap: Heap, most: int) -> int:
    """The size with all that a new object holds; more than `most`, however much, if it is more."""
    if identity(type(value)) in _WITH_LENGTH:
        return _size_of_atom(value, heap)
    size = 0
    waiting, met = [value], set[int]()
    while waiting and size <= most:
        one = waiting.pop()
        if identity(type(one)) in _WITH_LENGTH:
            size += _size_of_atom(one, heap)
            continue
        size += REFERENCE
        if identity(one) in heap.known or identity(one) in met:
            continue
        shape = heap.shape_of(type(one))
        if shape is not None:
            met.add(identity(one))
            length = _LENGTHS.get(shape.kind)
            if length is not None and size + length(one) > most:
                return most + 1
            waiting += read_contents(one, shape)
    return size


def _size_of_atom(value: Any, heap: Heap) -> int:
    if type(value) is int:
        return (value.bit_length() >> 3) + 2
    if type(value) is str and heap.writer.knows(value):
        return REFERENCE
    return len(value) + 2
