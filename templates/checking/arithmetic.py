"""Recomputes arithmetic on literals with a small bounded evaluator of its own; no code is run."""

import ast
import operator
from collections.abc import Callable
from typing import Any

MAX_BITS = 20_000
"""Bits of an int that is computed."""
MAX_ITEMS = 20_000
"""Elements or characters of a sequence that is computed."""


class Unknown(Exception):
    """The expression is more than bounded arithmetic on literals."""


class Fails(Exception):
    """The expression raises; the message says what."""


_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.RShift: operator.rshift,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_CALLS: dict[str, Callable[..., Any]] = {
    "len": len,
    "max": max,
    "min": min,
    "abs": abs,
    "sum": sum,
    "int": int,
    "str": str,
    "ord": ord,
    "chr": chr,
    "sorted": sorted,
    "divmod": divmod,
    "round": round,
}
_PLAIN = (int, float, str, bool, list, tuple, bytes, type(None))


def _bounded(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise Unknown
    if isinstance(value, (str, bytes, list, tuple, dict, set)) and len(value) > MAX_ITEMS:
        raise Unknown
    return value


def compute(node: ast.expr, shadowed: frozenset[str] | set[str]) -> Any:
    """The value of an expression of literals; names in `shadowed` are not the builtins they seem.

    Raises:
        Unknown: it is something else, or too large.
        Fails: it raises.
    """
    try:
        return _value(node, shadowed)
    except (ArithmeticError, TypeError, ValueError, IndexError, KeyError) as error:
        raise Fails(type(error).__name__) from error
    except (RecursionError, MemoryError) as error:
        raise Unknown from error


def _value(node: ast.expr, shadowed: frozenset[str] | set[str]) -> Any:
    match node:
        case ast.Constant(value=value):
            return _bounded(value)
        case ast.List(elts=elements):
            return _bounded([_value(e, shadowed) for e in elements])
        case ast.Tuple(elts=elements):
            return _bounded(tuple([_value(e, shadowed) for e in elements]))
        case ast.Set(elts=elements):
            return {_value(e, shadowed) for e in elements}
        case ast.Dict(keys=keys, values=values):
            if any(key is None for key in keys):
                raise Unknown
            return {_value(k, shadowed): _value(v, shadowed) for k, v in zip(keys, values, strict=True) if k}
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_value(operand, shadowed))
        case ast.BinOp(left=left, op=op, right=right):
            return _bounded(_binary(type(op), _value(left, shadowed), _value(right, shadowed)))
        case ast.BoolOp(op=op, values=values):
            return _boolean(isinstance(op, ast.And), values, shadowed)
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _compared(_value(left, shadowed), ops, others, shadowed)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _value(body if _value(test, shadowed) else orelse, shadowed)
        case ast.Subscript(value=whole, slice=ast.Slice() as part):
            bounds = [None if b is None else _value(b, shadowed) for b in (part.lower, part.upper, part.step)]
            return _value(whole, shadowed)[slice(*bounds)]
        case ast.Subscript(value=whole, slice=key):
            return _value(whole, shadowed)[_value(key, shadowed)]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name not in shadowed:
            return _call(name, [_value(a, shadowed) for a in args])
    raise Unknown


def _binary(op: type[ast.operator], left: Any, right: Any) -> Any:
    if not isinstance(left, _PLAIN) and not isinstance(left, set):
        raise Unknown
    if op is ast.Mult:
        sizes = [len(v) if isinstance(v, (str, bytes, list, tuple)) else 0 for v in (left, right)]
        counts = [v for v in (left, right) if isinstance(v, int)]
        if any(sizes) and (len(counts) != 1 or max(sizes) * max(counts[0], 0) > MAX_ITEMS):
            raise Unknown
        return left * right
    if op is ast.Pow:
        return _power(left, right)
    if op is ast.LShift:
        if not isinstance(right, int) or right > MAX_BITS:
            raise Unknown
        return operator.lshift(left, right)
    if op is ast.Mod:
        if isinstance(left, (str, bytes)):
            raise Unknown
        return left % right
    if op not in _BINARY:
        raise Unknown
    return _BINARY[op](left, right)


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and right > 0 and left.bit_length() * right > MAX_BITS:
        raise Unknown
    return left**right


def _boolean(conjunction: bool, values: list[ast.expr], shadowed: frozenset[str] | set[str]) -> Any:
    value: Any = None
    for node in values:
        value = _value(node, shadowed)
        if bool(value) is not conjunction:
            break
    return value


def _compared(left: Any, ops: list[ast.cmpop], others: list[ast.expr], shadowed: frozenset[str] | set[str]) -> bool:
    for op, node in zip(ops, others, strict=True):
        right = _value(node, shadowed)
        if isinstance(op, (ast.Is, ast.IsNot)):
            if not any(side is None or isinstance(side, bool) for side in (left, right)):
                raise Unknown
            holds = (left is right) is isinstance(op, ast.Is)
        else:
            holds = _COMPARE[type(op)](left, right)
        if not holds:
            return False
        left = right
    return True


def _call(name: str, args: list[Any]) -> Any:
    if name == "pow" and len(args) == 3 and all(isinstance(a, int) for a in args):
        return pow(*args)
    if name not in _CALLS or any(isinstance(a, (dict, set)) for a in args if name not in ("len", "sorted")):
        raise Unknown
    if name in ("len", "abs", "ord", "chr") and len(args) != 1:
        raise Unknown
    return _bounded(_CALLS[name](*args))
