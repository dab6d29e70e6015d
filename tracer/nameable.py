"""What a trace says of values that it does not look into: exact texts of immutables, names of the rest."""

import datetime
import decimal
import fractions
import functools
import types
from sys import audit
from typing import Any

from tracer.identity import identity

# Unbound: asking a type itself would ask its metaclass.
type_name = type.__dict__["__name__"].__get__
type_dict = type.__dict__["__dict__"].__get__
type_mro = type.__dict__["__mro__"].__get__

REACHED = "tracer.reached"
"""The audit event that tells, by its kind, of a part of the recorder that the program has got hold of."""
_STREAMS = "tracer.streams"
"""The one module of ours whose objects are the program's to use."""

_EXACT = (
    range,
    slice,
    decimal.Decimal,
    fractions.Fraction,
    datetime.date,
    datetime.datetime,
    datetime.time,
    datetime.timedelta,
)
# By the ids of types: looking a type itself up would ask its metaclass.
_EXACT_IDS = frozenset(map(identity, _EXACT))
_NAMED: dict[int, str] = {
    identity(types.FunctionType): "function",
    identity(types.BuiltinFunctionType): "function",
    identity(types.MethodType): "method",
    identity(types.MethodDescriptorType): "method",
    identity(types.WrapperDescriptorType): "method",
    identity(types.MethodWrapperType): "method",
    identity(types.ModuleType): "module",
    identity(types.GeneratorType): "generator",
    identity(types.CoroutineType): "coroutine",
    identity(functools.partial): "function",
    identity(functools._lru_cache_wrapper): "function",
}


def describe_exact(value: Any) -> tuple[str, str] | None:
    """Type name and exact text of an immutable library value or enum member; None for anything else."""
    cls = type(value)
    if identity(cls) in _EXACT_IDS:
        return type_name(cls), repr(value)
    if type(cls) is not type and is_enum(cls):
        name = object.__getattribute__(value, "__dict__").get("_name_")
        return type_name(cls), f"{type_name(cls)}.{name}"
    return None


def is_enum(cls: type) -> bool:
    """Is this an enumeration? Its members are told by name."""
    return any(type_name(part) == "Enum" and type_dict(part).get("__module__") == "enum" for part in type_mro(cls))


def describe_opaque(value: Any) -> tuple[str, str]:
    """Kind and name of a value that is not looked into. An audit event tells of one that is the recorder's own."""
    cls = type(value)
    _tell_of_own(value, cls)
    mro = type_mro(cls)
    if any(part is type for part in mro):
        return "class", type_name(value)
    if any(part is BaseException for part in mro):
        return "exception", type_name(cls)
    kind = _NAMED.get(identity(cls))
    if kind is not None:
        return kind, _own_name(value, cls)
    name = type_name(cls)
    if name.endswith("iterator") or any(cls is kind for kind in (enumerate, zip, map, filter, reversed)):
        return "iterator", name
    if name in ("dict_keys", "dict_values", "dict_items"):
        return "view", name
    return "object", name


def _tell_of_own(value: Any, cls: type) -> None:
    """Raises the event for a part of the recorder, its classes and modules, and what is bound to any of them."""
    if cls is types.MethodType or cls is types.BuiltinMethodType:
        value = value.__self__
        cls = type(value)
    if cls is types.ModuleType:
        module = object.__getattribute__(value, "__dict__").get("__name__")
    else:
        cls = value if issubclass(cls, type) else cls
        module = type_dict(cls).get("__module__")
    if type(module) is str and module.startswith("tracer.") and module != _STREAMS:
        audit(REACHED, type_name(cls))


def _own_name(value: Any, cls: type) -> str:
    if cls is types.MethodType:
        value = value.__func__
        return _own_name(value, type(value)) if identity(type(value)) in _NAMED else "method"
    if cls is functools.partial:
        inner = value.func
        return _own_name(inner, type(inner)) if identity(type(inner)) in _NAMED else "partial"
    if cls is types.ModuleType:
        return str(object.__getattribute__(value, "__dict__").get("__name__", "module"))
    if cls is functools._lru_cache_wrapper:
        return str(object.__getattribute__(value, "__dict__").get("__name__", "function"))
    return str(value.__name__)
