"""How a value in a comprehension or lambda is read, and what a round or a call begins with, while there is room."""

from typing import Any

from tracer.activation import Activation
from tracer.ledger import Item, Ledger, Reading
from tracer.sizes import size_of
from tracer.statements import Probe

_OVERHEAD = 2
"""Bytes of a record beside its value."""
_MISSING: Any = object()


def tell_inside(ledger: Ledger, probe: Probe, tell: Reading) -> Reading:
    """Records a value in a comprehension or lambda if there is room for it."""
    inner, heap, module, name = ledger.inner, ledger.heap, ledger.module, probe.name

    def read(activation: Activation, item: Item) -> None:
        inner.told = True
        value = item[1]
        implied = name is not None and activation.names.get(name, module.names.get(name, _MISSING)) is value
        if inner.takes(_OVERHEAD if implied else _OVERHEAD + size_of(value, heap, inner.left)):
            tell(activation, item)
        else:
            inner.cut += 1

    return read


def tell_beginning(ledger: Ledger, tells: list[Reading]) -> Reading:
    """Records what the names of a round or a call are bound to, if there is room for it."""
    inner, heap = ledger.inner, ledger.heap

    def read(activation: Activation, item: Item) -> None:
        inner.told = True
        values = item[1:]
        size = 0
        for value in values:
            if size <= inner.left:
                size += _OVERHEAD + size_of(value, heap, inner.left)
        if inner.takes(size):
            for tell, value in zip(tells, values, strict=True):
                tell(activation, (0, value))
        else:
            inner.cut += 1

    return read
