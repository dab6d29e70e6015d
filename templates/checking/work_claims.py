"""Holds sentences that work an expression out, operand by operand, against the source and its probes."""

import ast

from templates.checking.change_claims import CHANGES
from templates.checking.claims import Claim
from templates.checking.moment import Moment, Refused, Verify, refuse_unless
from templates.checking.place_text import read_place
from templates.checking.segment import Nothing
from templates.checking.source_index import parse_expression, same_source
from templates.checking.statement_claims import return_source, running_of
from templates.checking.substitution import (
    check_augmented,
    check_fails,
    check_forms,
    check_literal,
    had_value,
    is_known,
    known,
    lengths,
    said_value,
)
from templates.checking.targets import is_target, pairs_of, values_of
from templates.checking.value_match import same
from templates.checking.value_text import Literal, Told, read_value
from tracer.events import Ref, SetItem, Value


def _work(moment: Moment, claim: Claim) -> None:
    running = running_of(moment)
    nodes = moment.index.find(running.statement, claim.code["source"])
    refuse_unless(bool(nodes), "the statement has no such expression")
    told = claim.code["value"]
    valued = [node for node in nodes if said_value(moment, node, told)]
    if not valued:
        refuse_unless(any(is_known(moment, node) for node in nodes), "it is not worked out (yet)")
        refuse_unless(False, "its value is another one")
    check_forms(moment, valued[0], claim.forms, told)


def _bound(moment: Moment, claim: Claim, kind: str) -> None:
    """A sentence that works an expression out and tells the place that it is bound to."""
    running = running_of(moment)
    nodes = moment.index.find(running.statement, claim.code["source"])
    place = read_place(claim.code["place"])
    pairs = pairs_of(running.statement.node)
    refuse_unless(
        any(value in nodes and is_target(moment, target, place) for target, value in pairs),
        "the statement does not give that expression to that place",
    )
    _work(moment, claim)
    CHANGES[kind](moment, claim)


def _becomes_work(moment: Moment, claim: Claim) -> None:
    _bound(moment, claim, "becomes")


def _change_work(moment: Moment, claim: Claim) -> None:
    _bound(moment, claim, "change")


def _stay_work(moment: Moment, claim: Claim) -> None:
    _bound(moment, claim, "stay")


def _return_work(moment: Moment, claim: Claim) -> None:
    return_source(moment, claim)
    _work(moment, claim)


def _augmented(moment: Moment, claim: Claim) -> None:
    running = running_of(moment, ast.AugAssign)
    node = running.statement.node
    assert isinstance(node, ast.AugAssign)
    refuse_unless(same_source(claim.code["source"], moment.index.text(node)), "the statement is another one")
    olds, news = _stored(moment, node.target)
    check_augmented(moment, node, claim.forms, olds, news)


def _stored(moment: Moment, target: ast.expr) -> tuple[list[Value], list[Value]]:
    """What may have stood at a target before the segment, and what stands there after it."""
    segment = moment.segment
    if isinstance(target, ast.Name):
        frame, made = segment.look_up(target.id)
        if made is not None:
            return _there(made.old), _there(made.new)
        value = segment.state.frames[frame].names[target.id]
        return [value], [value]
    holders = known(moment, target.value) if isinstance(target, (ast.Attribute, ast.Subscript)) else []
    changes = [
        made
        for holder in holders
        if isinstance(holder, Ref)
        for made in segment.objects.get(holder.id, ())
        if isinstance(made.change, SetItem)
    ]
    if changes:
        return [made.old for made in changes], [made.change.value for made in changes]  # type: ignore[union-attr]
    values = _standing(moment, target, holders)
    return values, values


def _there(value: Value | Nothing) -> list[Value]:
    return [] if isinstance(value, Nothing) else [value]


def _standing(moment: Moment, target: ast.expr, holders: list[Value]) -> list[Value]:
    """What stands at a target that the segment did not change."""
    found: list[Value] = []
    keys = [target.attr] if isinstance(target, ast.Attribute) else values_of(moment, getattr(target, "slice", None))
    for holder in holders:
        items = moment.segment.now(holder.id).items if isinstance(holder, Ref) else {}
        for key in keys:
            if isinstance(items, dict):
                found += [items[key]] if key in items else []
            elif isinstance(key, int) and -len(items) <= key < len(items):
                found.append(items[key])
    return found


def _unevaluated(moment: Moment, claim: Claim) -> None:
    running = running_of(moment)
    nodes = moment.index.find(running.statement, claim.code["source"])
    refuse_unless(bool(nodes), "the statement has no such expression")
    refuse_unless(any(_was_passed_over(moment, node) for node in nodes), "nothing shows that it is not evaluated")


def _was_passed_over(moment: Moment, node: ast.expr) -> bool:
    """Is the expression an operand or arm that its whole, which was worked out, did without?"""
    assert moment.running is not None
    if any(known(moment, part) for part in ast.walk(node) if isinstance(part, ast.expr)):
        return False
    whole = moment.index.above(moment.running.statement, node)
    match whole:
        case ast.BoolOp(values=[_, *others]) if node in others:
            at = others.index(node)
            return bool(known(moment, whole)) and _decided(moment, whole, at)
        case ast.Compare(comparators=[_, *others]) if node in others:
            return known(moment, whole) == [False] and not isinstance(node, ast.Constant)
        case ast.IfExp(test=test, body=body):
            if not known(moment, whole):
                return False
            other = whole.orelse if node is body else body
            told_apart = not isinstance(node, ast.Constant) or bool(known(moment, other))
            return node is not test and told_apart
    return False


def _decided(moment: Moment, whole: ast.BoolOp, at: int) -> bool:
    """Did an operand before number `at` + 1 decide an `and` or `or`?"""
    wanted = isinstance(whole.op, ast.Or)
    for operand in whole.values[: at + 1]:
        for value in values_of(moment, operand):
            if isinstance(value, (int, float, str, bytes, complex, type(None))) and bool(value) is wanted:
                return True
    later = whole.values[at + 1]
    return not isinstance(later, ast.Constant)


def _fails(moment: Moment, claim: Claim) -> None:
    running = running_of(moment)
    following = moment.at + 1
    events = moment.flow.events
    raised = events[following] if following < len(events) else None
    refuse_unless(raised is not None and raised.kind == "exception", "nothing fails here")
    assert raised is not None
    refuse_unless(raised.frame == moment.segment.frame, "it fails elsewhere")
    nodes = [node for node in moment.index.find(running.statement, claim.code["source"]) if not known(moment, node)]
    refuse_unless(bool(nodes), "the statement has no such expression that came to no value")
    for number, node in enumerate(nodes, start=1):
        try:
            for form in claim.forms:
                check_fails(moment, node, form, raised.name)
        except Refused:
            # The same text may stand in the statement once more, where it was not reached.
            if number == len(nodes):
                raise
        else:
            return


def _subscripts(moment: Moment, kind: type[ast.expr], text: str, *, whole: bool) -> list[ast.Subscript]:
    """The running statement's subscripts by the text of what they take from, or by their own."""
    running = running_of(moment)
    found = [
        node
        for root in running.statement.header
        for node in ast.walk(root)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) is (kind is ast.Slice)
    ]
    return [node for node in found if moment.index.text(node if whole else node.value) == text]


def _position(moment: Moment, claim: Claim) -> None:
    told = read_value(claim.code["key"])
    found = _subscripts(moment, ast.expr, claim.code["source"], whole=False)
    refuse_unless(bool(found), "the statement takes nothing from there")
    found = [node for node in found if had_value(moment, node.slice, told) or _says_negative(node.slice, told)]
    refuse_unless(bool(found), "no index has that value")
    refuse_unless(isinstance(told, Literal) and type(told.value) is int and told.value < 0, "the index is not negative")
    assert isinstance(told, Literal) and isinstance(told.value, int)
    positions = [size + told.value for node in found for size in lengths(moment, node.value)]
    refuse_unless(claim.counts["i"] in positions, f"it is position {positions[0]}" if positions else "it is not known")


def _says_negative(node: ast.expr, told: Told) -> bool:
    return isinstance(told, Literal) and ast.unparse(node) == str(told.value)


def _taken(moment: Moment, claim: Claim) -> list[range]:
    """The positions that a slice takes, for each length that what it takes from had."""
    found = _subscripts(moment, ast.Slice, claim.code["source"], whole=True)
    refuse_unless(bool(found), "the statement has no such slice")
    taken = []
    for node in found:
        part = node.slice
        assert isinstance(part, ast.Slice)
        bounds: list[int | None] = []
        for bound in (part.lower, part.upper, part.step):
            values = values_of(moment, bound)
            value = values[-1] if values else None
            refuse_unless(bound is None or bool(values), "a bound is not known")
            if value is not None and not isinstance(value, int):
                raise Refused("a bound is no int")
            bounds.append(value)
        refuse_unless(bounds[2] != 0, "its step is 0")
        taken += [range(*slice(*bounds).indices(size)) for size in lengths(moment, node.value)]
    refuse_unless(bool(taken), "the length of what it takes from is not known")
    return taken


def _positions(moment: Moment, claim: Claim) -> None:
    told = (claim.counts["i"], claim.counts["j"])
    taken = _taken(moment, claim)
    true = [(found[0], found[-1]) for found in taken if found]
    refuse_unless(told in true, f"it takes positions {true[0][0]} to {true[0][1]}" if true else "it takes none")


def _positions_none(moment: Moment, claim: Claim) -> None:
    refuse_unless(any(not found for found in _taken(moment, claim)), "it takes some")


def _digits(moment: Moment, claim: Claim) -> None:
    source = claim.code["source"]
    tree = _product(source)
    running = running_of(moment)
    operands = [_number(tree.left), _number(tree.right)]
    nodes = [
        node
        for root in running.statement.header
        for node in ast.walk(root)
        if isinstance(node, ast.BinOp)
        and type(node.op) is type(tree.op)
        and had_value(moment, node.left, operands[0])
        and had_value(moment, node.right, operands[1])
    ]
    stored = isinstance(running.statement.node, ast.AugAssign) and type(running.statement.node.op) is type(tree.op)
    if stored and not nodes:
        node = running.statement.node
        assert isinstance(node, ast.AugAssign)
        olds = _stored(moment, node.target)[0]
        stored = had_value(moment, node.value, operands[1]) and any(
            same(operands[0], old, moment.segment.before) for old in olds
        )
    refuse_unless(bool(nodes) or stored, "the statement works no such product out")
    for form in (source, *claim.forms):
        check_literal(form, claim.code["value"])


def _product(text: str) -> ast.BinOp:
    tree = parse_expression(text)
    holds = isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Mult, ast.Pow))
    refuse_unless(holds, "it is no product or power")
    assert isinstance(tree, ast.BinOp)
    return tree


def _number(node: ast.expr) -> Told:
    told = read_value(ast.unparse(node))
    refuse_unless(isinstance(told, Literal) and type(told.value) is int, "its operands are no ints")
    return told


WORKING: dict[str, Verify] = {
    "work": _work,
    "becomes_work": _becomes_work,
    "change_work": _change_work,
    "stay_work": _stay_work,
    "return_work": _return_work,
    "augmented": _augmented,
    "unevaluated": _unevaluated,
    "fails": _fails,
    "position": _position,
    "positions": _positions,
    "positions_none": _positions_none,
    "digits": _digits,
    "factors": _digits,
}
