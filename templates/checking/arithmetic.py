"""Recomputes arithmetic on literals: a tree of literals becomes a bounded calculation; no code is run."""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MAX_BITS = 20_000
"""Bits of an int that is computed."""
MAX_ITEMS = 20_000
_SMALL = 1 << 1_000
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


Work = Callable[[Sequence[Any]], Any]
"""A calculation; it is given the values of the slots."""
Shadowed = frozenset[str] | set[str]
_FAILURES = (ArithmeticError, TypeError, ValueError, IndexError, KeyError)


def _bounded(value: Any) -> Any:
    if type(value) is int and -_SMALL < value < _SMALL:
        return value
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise Unknown
    elif isinstance(value, (str, bytes, list, tuple, dict, set)) and len(value) > MAX_ITEMS:
        raise Unknown
    return value


def compute(node: ast.expr, shadowed: Shadowed) -> Any:
    """The value of an expression of literals; names in `shadowed` are not the builtins they seem.

    Raises:
        Unknown: it is something else, or too large.
        Fails: it raises.
    """
    return run(compiled(node, shadowed, {}), ())


def run(work: Work, values: Sequence[Any]) -> Any:
    """What a calculation comes to. Raises as `compute` does."""
    try:
        return work(values)
    except _FAILURES as error:
        raise Fails(type(error).__name__) from error
    except (RecursionError, MemoryError) as error:
        raise Unknown from error


def unknown(values: Sequence[Any]) -> Any:
    """The calculation of what is no arithmetic on literals."""
    raise Unknown


def compiled(node: ast.expr, shadowed: Shadowed, slots: Mapping[ast.expr, int]) -> Work:
    """The calculation that an expression stands for; expressions in `slots` are the slots of these numbers."""
    try:
        return _compiled(node, shadowed, slots)
    except RecursionError:
        return unknown


def _compiled(node: ast.expr, shadowed: Shadowed, slots: Mapping[ast.expr, int]) -> Work:
    if node in slots:
        return operator.itemgetter(slots[node])

    def part(inner: ast.expr) -> Work:
        return _compiled(inner, shadowed, slots)

    match node:
        case ast.Constant(value=value):
            return lambda values: _bounded(value)
        case ast.List(elts=elements):
            return _row([part(e) for e in elements], list)
        case ast.Tuple(elts=elements):
            return _row([part(e) for e in elements], tuple)
        case ast.Set(elts=elements):
            return _row([part(e) for e in elements], set)
        case ast.Dict(keys=keys, values=contents):
            pairs = [(part(k), part(v)) for k, v in zip(keys, contents, strict=True) if k is not None]
            return (lambda values: {k(values): v(values) for k, v in pairs}) if len(pairs) == len(keys) else unknown
        case ast.UnaryOp(op=op, operand=operand):
            return _strict(_UNARY[type(op)], part(operand))
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(type(op), part(left), part(right))
        case ast.BoolOp(op=op, values=operands):
            return _boolean(isinstance(op, ast.And), [part(operand) for operand in operands])
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _compared(part(left), [_comparison(op) for op in ops], [part(other) for other in others])
        case ast.IfExp(test=test, body=body, orelse=orelse):
            choose, then, other = part(test), part(body), part(orelse)
            return lambda values: then(values) if choose(values) else other(values)
        case ast.Subscript(value=whole, slice=ast.Slice() as taken):
            bounds = [None if b is None else part(b) for b in (taken.lower, taken.upper, taken.step)]
            held = part(whole)
            return lambda values: held(values)[slice(*[None if b is None else b(values) for b in bounds])]
        case ast.Subscript(value=whole, slice=key):
            return _strict(operator.getitem, part(whole), part(key))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name not in shadowed:
            return _call(name, [part(a) for a in args])
    return unknown


def _strict(act: Callable[..., Any], *parts: Work) -> Work:
    """The calculation that needs all its parts."""
    if unknown in parts:
        return unknown
    if len(parts) == 1:
        (only,) = parts
        return lambda values: act(only(values))
    one, other = parts
    return lambda values: act(one(values), other(values))


def _row(parts: list[Work], kind: type) -> Work:
    if unknown in parts:
        return unknown
    return lambda values: _bounded(kind([part(values) for part in parts]))


def _binary(op: type[ast.operator], left: Work, right: Work) -> Work:
    special = {ast.Mult: _product, ast.Pow: _power, ast.LShift: _shifted, ast.Mod: _rest}
    act: Callable[[Any, Any], Any] | None = special.get(op) or _BINARY.get(op)
    if act is None or left is unknown or right is unknown:
        return unknown
    known = act

    def work(values: Sequence[Any]) -> Any:
        one = left(values)
        if type(one) is not int and not isinstance(one, _PLAIN) and not isinstance(one, set):
            raise Unknown
        return _bounded(known(one, right(values)))

    return work


def _product(left: Any, right: Any) -> Any:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left * right
    sizes = [len(v) if isinstance(v, (str, bytes, list, tuple)) else 0 for v in (left, right)]
    counts = [v for v in (left, right) if isinstance(v, int)]
    if any(sizes) and (len(counts) != 1 or max(sizes) * max(counts[0], 0) > MAX_ITEMS):
        raise Unknown
    return left * right


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and right > 0 and left.bit_length() * right > MAX_BITS:
        raise Unknown
    return left**right


def _shifted(left: Any, right: Any) -> Any:
    if not isinstance(right, int) or right > MAX_BITS:
        raise Unknown
    return operator.lshift(left, right)


def _rest(left: Any, right: Any) -> Any:
    if isinstance(left, (str, bytes)):
        raise Unknown
    return left % right


def _boolean(conjunction: bool, parts: list[Work]) -> Work:
    def work(values: Sequence[Any]) -> Any:
        value: Any = None
        for part in parts:
            value = part(values)
            if bool(value) is not conjunction:
                break
        return value

    return unknown if parts[0] is unknown else work


def _comparison(op: ast.cmpop) -> Callable[[Any, Any], bool]:
    return _identity(isinstance(op, ast.Is)) if isinstance(op, (ast.Is, ast.IsNot)) else _COMPARE[type(op)]


def _identity(wanted: bool) -> Callable[[Any, Any], bool]:
    def holds(left: Any, right: Any) -> bool:
        if not any(side is None or isinstance(side, bool) for side in (left, right)):
            raise Unknown
        return (left is right) is wanted

    return holds


def _compared(first: Work, holds: list[Callable[[Any, Any], bool]], others: list[Work]) -> Work:
    if first is unknown or others[0] is unknown:
        return unknown
    if len(others) == 1:
        (only,), (other,) = holds, others
        return lambda values: only(first(values), other(values))

    def work(values: Sequence[Any]) -> bool:
        left = first(values)
        for compare, part in zip(holds, others, strict=True):
            right = part(values)
            if not compare(left, right):
                return False
            left = right
        return True

    return work


def _call(name: str, parts: list[Work]) -> Work:
    if unknown in parts or (name not in _CALLS and (name != "pow" or len(parts) != 3)):
        return unknown
    if name in ("len", "abs", "ord", "chr") and len(parts) != 1:
        return unknown

    def work(values: Sequence[Any]) -> Any:
        args = [part(values) for part in parts]
        if name == "pow":
            if not all(isinstance(a, int) for a in args):
                raise Unknown
            return pow(*args)
        if any(isinstance(a, (dict, set)) for a in args if name not in ("len", "sorted")):
            raise Unknown
        return _bounded(_CALLS[name](*args))

    return work
