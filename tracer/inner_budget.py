"""How much of what comprehensions and lambdas evaluate is told: so much of each event, so much of a trace.

A comprehension over a million elements is one statement: told whole it would be the whole log. Both limits are
counts, so that every run is cut at the same place.
"""

import sys
from collections import deque
from collections.abc import Iterator
from itertools import chain, repeat
from operator import length_hint
from typing import Any

INNER_EVALUATIONS = 1000
"""Evaluations told before one event; what a round or a call begins with counts as one.

Of the events of contest programs with any, 99 in 100 have at most about a hundred; no reader follows a thousand.
"""
INNER_SHARE = 4
"""One part in so many of a log's bytes is for them: they may not crowd out what happens after them."""


class InnerBudget:
    """What is left of both limits.

    Attributes:
        gate: holds the iterator that the program passes after each evaluation; what is one too many for the event is
            taken out of the buffer by it.
        told: something of the next event was evaluated there.
        left: about how many bytes may still be told.
        silent: a value was more than was left, so that none is told any more.
        cut: how many evaluations of the next event are not told, beside those that the gate has taken out.
    """

    def __init__(self, buffer: "deque[tuple[Any, ...]]", max_bytes: int) -> None:
        self.left = max_bytes // INNER_SHARE
        self.silent = False
        self.told = False
        self.cut = 0
        self._buffer = buffer
        self._taken: repeat[Any] = repeat(None, 0)
        self.gate: list[Iterator[Any]] = []
        self._close_event()

    def _close_event(self) -> None:
        self.told = False
        self.cut = 0
        self._taken = repeat(self._buffer, sys.maxsize)
        # Once silent, one evaluation is let through that says that there was any.
        passed = repeat(None, 1 if self.silent else INNER_EVALUATIONS)
        self.gate[:] = [chain(passed, map(deque.pop, self._taken))]

    def close_event(self) -> int:
        """Begins the next event; gives how many evaluations of this one are not told."""
        cut = self.cut + sys.maxsize - length_hint(self._taken)
        self._close_event()
        return cut

    def takes(self, size: int) -> bool:
        """May something of about so many bytes be told? If not, nothing is from now on."""
        if self.silent:
            return False
        self.left -= size
        self.silent = self.left < 0
        return not self.silent
