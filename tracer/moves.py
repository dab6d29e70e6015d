"""What one call of a heap function, or one turn, did to a long list or deque, told without looking at all of it.

A call of a function of `heapq` moves elements along one path between the root and a leaf. What has come to a place
on that path stood, before, in the child that the path goes on to; so the path can be followed from what the list
held before, wherever the call stands in its work.
"""

from typing import Any

from tracer import opcodes as op
from tracer.effects import HEAP_GREW, HEAP_SHRANK, HEAP_SIFTED, TURNED_LEFT
from tracer.identity import identity
from tracer.known import Known
from tracer.writer import Writer, varint

FEW = 16
"""A whole look at so few elements costs less."""
_UNLIKE_THEMSELVES = frozenset(map(identity, (int, str, float, bytes, bool, tuple, list)))
"""The ids of types whose objects are never less than themselves, so that of two children that are one the right one
is taken."""


class Mover:
    """Tells single moves, by `value`: what encodes a value."""

    def __init__(self, writer: Writer, value: Any) -> None:
        self._writer = writer
        self._value = value

    def sift(self, known: Known, change: int) -> bool:
        """Records what one call of a heap function did; False where that is not all, or cannot be told."""
        live, shadow = known.object, known.shadow
        grown = len(live) - len(shadow)
        if type(live) is not list or len(shadow) <= FEW:
            return False
        if change == HEAP_GREW and grown == 1:
            self._append(known, live[-1])
            place = len(live) - 1
            while place:
                place = (place - 1) >> 1
                self._store(known, place)
            return True
        if change == HEAP_SHRANK and grown == -1:
            self._writer.out += known.popped
            shadow.pop()
            return self._follow(known)
        return change == HEAP_SIFTED and not grown and self._follow(known)

    def _follow(self, known: Known) -> bool:
        """Goes down from the root; False where the path may go both ways."""
        live, shadow = known.object, known.shadow
        place, size = 0, len(shadow)
        while True:
            moved = live[place]
            left = 2 * place + 1
            right = left + 1
            after = left if left < size and shadow[left] is moved else 0
            if right < size and shadow[right] is moved:
                if after and identity(type(moved)) not in _UNLIKE_THEMSELVES:
                    return False
                after = right
            self._store(known, place)
            if not after:
                return True
            place = after

    def turn(self, known: Known, change: int) -> bool:
        """Records that an element has gone at one end and one has come at the other; False where it cannot be told."""
        live, shadow = known.object, known.shadow
        if len(live) != len(shadow) or len(live) <= FEW:
            return False
        out = self._writer.out
        if change == TURNED_LEFT:
            out += known.dequeued
            del shadow[0]
            self._append(known, live[-1])
        else:
            fresh = live[0]
            encoded = self._value(fresh)
            out += known.popped + bytes([op.SPLICE]) + known.ref + varint(0) + varint(0) + varint(1) + encoded
            del shadow[-1]
            shadow.insert(0, fresh)
        return True

    def _append(self, known: Known, fresh: Any) -> None:
        encoded = self._value(fresh)
        self._writer.out += known.appended + encoded
        known.shadow.append(fresh)

    def _store(self, known: Known, place: int) -> None:
        value = known.object[place]
        if known.shadow[place] is not value:
            known.shadow[place] = value
            encoded = self._value(place) + self._value(value)
            self._writer.out += known.set + encoded
