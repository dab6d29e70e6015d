"""What a trace says of values that it does not look into: exact texts of immutables, names of the rest."""

import datetime
import decimal
import fractions
import functools
import types
from typing import Any

_type_name = type.__dict__["__name__"].__get__
_type_dict = type.__dict__["__dict__"].__get__
_type_mro = type.__dict__["__mro__"].__get__

_EXACT: frozenset[type] = frozenset(
    {
        range,
        slice,
        decimal.Decimal,
        fractions.Fraction,
        datetime.date,
        datetime.datetime,
        datetime.time,
        datetime.timedelta,
    }
)
_NAMED: dict[type, str] = {
    types.FunctionType: "function",
    types.BuiltinFunctionType: "function",
    types.MethodType: "method",
    types.MethodDescriptorType: "method",
    types.WrapperDescriptorType: "method",
    types.MethodWrapperType: "method",
    types.ModuleType: "module",
    types.GeneratorType: "generator",
    types.CoroutineType: "coroutine",
    functools.partial: "function",
    functools._lru_cache_wrapper: "function",
}


def describe_exact(value: Any) -> tuple[str, str] | None:
    """Type name and exact text of an immutable library value or enum member; None for anything else."""
    cls = type(value)
    if cls in _EXACT:
        return _type_name(cls), repr(value)
    if type(cls) is not type and is_enum(cls):
        name = object.__getattribute__(value, "__dict__").get("_name_")
        return _type_name(cls), f"{_type_name(cls)}.{name}"
    return None


def is_enum(cls: type) -> bool:
    """Is this an enumeration? Its members are told by name."""
    return any(_type_name(part) == "Enum" and _type_dict(part).get("__module__") == "enum" for part in _type_mro(cls))


def describe_opaque(value: Any) -> tuple[str, str]:
    """Kind and name of a value that is not looked into."""
    cls = type(value)
    if type in _type_mro(cls):
        return "class", _type_name(value)
    mro = _type_mro(cls)
    if BaseException in mro:
        return "exception", _type_name(cls)
    kind = _NAMED.get(cls)
    if kind is not None:
        return kind, _own_name(value, cls)
    name = _type_name(cls)
    if name.endswith("iterator") or cls in (enumerate, zip, map, filter, reversed):
        return "iterator", name
    if name in ("dict_keys", "dict_values", "dict_items"):
        return "view", name
    return "object", name


def _own_name(value: Any, cls: type) -> str:
    if cls is types.MethodType:
        value = value.__func__
        return _own_name(value, type(value)) if type(value) in _NAMED else "method"
    if cls is functools.partial:
        inner = value.func
        return _own_name(inner, type(inner)) if type(inner) in _NAMED else "partial"
    if cls is types.ModuleType:
        return str(object.__getattribute__(value, "__dict__").get("__name__", "module"))
    if cls is functools._lru_cache_wrapper:
        return str(object.__getattribute__(value, "__dict__").get("__name__", "function"))
    return str(value.__name__)
