"""The part of the recorder that readings of what the program has told write to."""

from collections.abc import Callable
from typing import Any, Protocol

from tracer.activation import Activation
from tracer.heap import Heap
from tracer.held import Holder
from tracer.inner_budget import InnerBudget
from tracer.writer import Writer

Item = tuple[Any, ...]
Reading = Callable[[Activation, Item], None]


class Ledger(Protocol):
    """What is known and written as a probe or note is read."""

    writer: Writer
    heap: Heap
    holder: Holder
    module: Activation
    inner: InnerBudget
    last_probe: int

    def touch(self, activation: Activation, value: Any, change: int) -> None:
        """Notes that the statement may be changing an object."""

    def touch_held(self, activation: Activation, value: Any, change: int) -> None:
        """Notes the same of what an augmented assignment has stored; of everything where that is untold."""

    def bind(self, activation: Activation, kind: int, name: str, value: Any) -> None:
        """Records that a name has been bound."""

    def unbind(self, activation: Activation, name: str) -> None:
        """Records that a name has been deleted."""
