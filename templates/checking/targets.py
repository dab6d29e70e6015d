"""What a statement binds: its targets with their expressions, and the places that a target may be called by."""

import ast

from templates.checking.moment import Moment
from templates.checking.place_text import Place
from templates.checking.substitution import had_value, known
from templates.checking.value_text import Literal, Told
from tracer.events import Ref, Value


def pairs_of(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """The targets that a statement binds, each with the expression whose value it gets."""
    found: list[tuple[ast.expr, ast.expr]] = []
    waiting: list[tuple[ast.expr, ast.expr]] = []
    if isinstance(node, ast.Assign):
        waiting = [(target, node.value) for target in node.targets]
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        waiting = [(node.target, node.value)]
    while waiting:
        target, value = waiting.pop()
        rows = isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List))
        if rows and len(target.elts) == len(value.elts):  # type: ignore[attr-defined]
            waiting += zip(target.elts, value.elts, strict=True)  # type: ignore[attr-defined]
        else:
            found.append((target, value))
    return found


def is_target(moment: Moment, target: ast.expr, place: Place) -> bool:
    """May what the running statement binds at a target be called by this place?"""
    if isinstance(target, ast.Name):
        return place.name == target.id and not place.links
    if not place.links or not isinstance(target, (ast.Attribute, ast.Subscript)):
        return False
    last = place.links[-1]
    if isinstance(target, ast.Attribute):
        named = last == target.attr
    elif isinstance(last, str):
        named = False
    else:
        named = had_value(moment, target.slice, last[0]) or _counts_from_end(moment, target.slice, last[0])
    holders = [value for value in known(moment, target.value) if isinstance(value, Ref)]
    return named and (not holders or moment.segment.value_at(place, links=place.links[:-1]) in holders)


def _counts_from_end(moment: Moment, key: ast.expr, told: Told) -> bool:
    below = any(isinstance(value, int) and value < 0 for value in values_of(moment, key))
    return below and isinstance(told, Literal) and isinstance(told.value, int)


def values_of(moment: Moment, node: ast.expr | None) -> list[Value]:
    """The values of an expression, those of a literal as well."""
    if node is None:
        return []
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        number = node.operand.value
        return [-number] if isinstance(number, (int, float)) else []
    return known(moment, node)
