"""What an element or attribute is right now, where asking for it runs no code of the program.

An augmented assignment may change in place what it finds there: that is the object to look at.
"""

import collections
import types
from array import array
from collections.abc import Callable
from typing import Any

from tracer.identity import identity
from tracer.nameable import type_dict, type_mro
from tracer.shapes import is_plain, read_attributes

UNTOLD = object()
"""Stands for a value that cannot be had without running code: it may be any object."""
# By the ids of types: looking a type itself up would ask its metaclass.
_SEQUENCES: dict[int, tuple[Callable[[Any], int], Callable[[Any, int], Any]]] = {
    identity(list): (list.__len__, list.__getitem__),
    identity(collections.deque): (collections.deque.__len__, collections.deque.__getitem__),
}
_OF_ATOMS = (str, bytes, bytearray, array, memoryview, range)
"""Their elements are never changed in place."""
_NESTED = 4


def _is_hashed_by_us(key: Any, depth: int = _NESTED) -> bool:
    if type(key) is tuple:
        return depth > 0 and all(_is_hashed_by_us(part, depth - 1) for part in key)
    return is_plain(key)


def _find(cls: type, name: str) -> tuple[type | None, Any]:
    """The class that gives instances this attribute, and what it gives."""
    for part in type_mro(cls):
        if name in type_dict(part):
            return part, type_dict(part)[name]
    return None, None


class Holder:
    """Reads elements and attributes just after a statement has stored them.

    None stands also for what the recorder sees elsewhere: a setter of the program gets the value as an
    argument, and that is looked at as it is called.
    """

    def __init__(self, module: str) -> None:
        """`module` is the name of the program's module."""
        self._module = module

    def item(self, container: Any, key: Any) -> Any:
        """`container[key]`; `UNTOLD` where that cannot be told."""
        cls = type(container)
        owner, setter = _find(cls, "__setitem__")
        if self._is_ours(owner, setter):
            return None
        if any(part is kind for part in type_mro(cls) for kind in _OF_ATOMS):
            return None
        read = _SEQUENCES.get(identity(owner))
        if read is not None:
            if type(key) is not int:
                return None if type(key) is slice else UNTOLD
            length, element = read
            return element(container, key) if -length(container) <= key < length(container) else None
        if owner is dict or owner is collections.OrderedDict:
            return dict.get(container, key) if _is_hashed_by_us(key) else UNTOLD
        return UNTOLD

    def attribute(self, target: Any, name: str) -> Any:
        """`target.name`; `UNTOLD` where that cannot be told."""
        cls = type(target)
        if cls is type:
            return type_dict(target).get(name)
        owner, setter = _find(cls, "__setattr__")
        if self._is_ours(owner, setter):
            return None
        if any(part is type for part in type_mro(cls)):
            return UNTOLD
        owner, member = _find(cls, name)
        if type(member) is types.MemberDescriptorType:
            try:
                return member.__get__(target)
            except AttributeError:
                return None
        if type(member) is property:
            return None if self._is_ours(owner, member.fset) else UNTOLD
        if owner is not None and _find(type(member), "__set__")[0] is not None:
            return None if self._is_ours(*_find(type(member), "__set__")) else UNTOLD
        attributes = read_attributes(target)
        return None if attributes is None else dict.get(attributes, name)

    def _is_ours(self, owner: type | None, setter: Any) -> bool:
        """Is a setter a function of the program, whose call is an event?"""
        ours = owner is not None and type_dict(owner).get("__module__") == self._module
        return ours and type(setter) is types.FunctionType
