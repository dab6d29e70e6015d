"""Holds sentences on one element of a list comprehension against what it ran over and what came of it."""

import ast
from collections.abc import Sequence
from typing import Any

from templates.checking.arithmetic import Fails, Unknown, compute
from templates.checking.claims import Claim
from templates.checking.moment import Moment, Verify, refuse_unless
from templates.checking.source_index import parse_expression
from templates.checking.substitution import known
from templates.checking.value_match import same
from templates.checking.value_text import Unreadable, read_value
from tracer.events import Exact, Ref, Value

_ORDERED = frozenset({"list", "tuple", "deque", "dict"})


def _comprehensions(moment: Moment, name: str, source: str) -> list[ast.ListComp]:
    """The list comprehensions of the statement that make such an element of each value of such a name."""
    element = parse_expression(source)
    refuse_unless(element is not None and moment.running is not None, "no statement runs here, or it is no expression")
    assert element is not None and moment.running is not None
    wanted = ast.dump(element)
    found = []
    for root in moment.running.statement.header:
        for node in ast.walk(root):
            match node:
                case ast.ListComp(
                    elt=elt, generators=[ast.comprehension(target=ast.Name(id=bound), ifs=[], is_async=0)]
                ):
                    if bound == name and ast.dump(elt) == wanted:
                        found.append(node)
    return found


def _items(moment: Moment, value: Value) -> Sequence[Value] | None:
    """What an iterable gives, one after the other; None where that is not known."""
    if isinstance(value, str):
        return value
    if isinstance(value, Exact) and value.type == "range":
        return range(*(int(part) for part in value.text.removeprefix("range(").removesuffix(")").split(",")))
    if isinstance(value, Ref):
        found = moment.segment.now(value.id)
        return list(found.items) if found.kind in _ORDERED else None
    return None


def _with_items(element: ast.AST, form: ast.AST, name: str, item: str) -> bool:
    """Is the form the element with the item's text for some uses of the name?"""
    if isinstance(element, ast.Name) and element.id == name and ast.dump(form) == item:
        return True
    if type(element) is not type(form):
        return False
    for (_, left), (_, right) in zip(ast.iter_fields(element), ast.iter_fields(form), strict=True):
        lefts, rights = (left, right) if isinstance(left, list) else ([left], [right])
        if not isinstance(rights, list) or len(lefts) != len(rights):
            return False
        for a, b in zip(lefts, rights, strict=True):
            alike = _with_items(a, b, name, item) if isinstance(a, ast.AST) and isinstance(b, ast.AST) else a == b
            if not alike or (type(a) is not type(b) and not isinstance(a, ast.Name)):
                return False
    return True


def _each(moment: Moment, claim: Claim) -> None:
    name, source = claim.code["name"], claim.code["source"]
    nodes = _comprehensions(moment, name, source)
    refuse_unless(bool(nodes), "the statement has no such comprehension")
    item, value = read_value(claim.code["item"]), read_value(claim.code["value"])
    look: Any = moment.segment.now

    def holds(node: ast.ListComp) -> bool:
        for over in known(moment, node.generators[0].iter):
            given = _items(moment, over)
            for made in known(moment, node):
                results = _items(moment, made)
                if given is None or results is None or len(given) != len(results):
                    continue
                if any(same(item, a, look) and same(value, b, look) for a, b in zip(given, results, strict=True)):
                    return True
        return False

    refuse_unless(any(map(holds, nodes)), "no item gives this element")
    told = parse_expression(claim.code["item"])
    for form in claim.forms:
        tree = parse_expression(form)
        refuse_unless(tree is not None and told is not None, f"`{form[:80]}` is no expression")
        assert tree is not None and told is not None
        refuse_unless(
            _with_items(nodes[0].elt, tree, name, ast.dump(told)), "it is not the element with the item put in"
        )
        try:
            result = read_value(repr(compute(tree, moment.index.bound)))
        except (Unknown, Unreadable, ValueError):
            continue
        except Fails as error:
            refuse_unless(False, f"worked out, it raises {error}")
            continue
        refuse_unless(result == value, "worked out, it is another value")


EACH: dict[str, Verify] = {"each": _each}
