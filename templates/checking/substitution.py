"""Holds an expression with values in place of operands against the source, the probes and its own arithmetic."""

import ast
import re

from templates.checking.arithmetic import Fails, Unknown, compute
from templates.checking.forms import fits, fits_stored
from templates.checking.moment import Moment, refuse_unless
from templates.checking.source_index import has_comment, parse_expression
from templates.checking.value_match import is_text, same
from templates.checking.value_text import Literal, Reader, Row, Told, Unreadable, read_value
from tracer.events import Exact, Ref, Value

_PROBED = (
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Call,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.BoolOp,
    ast.IfExp,
    ast.JoinedStr,
    ast.NamedExpr,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
_KINDS = "function|class|method|module|generator|coroutine|exception|iterator|view|object"
_ODD = re.compile(rf"[^\W\d]\w*#\d+\(|<(?:{_KINDS}) |<cycle>")
_RANGE = re.compile(r"range\((-?\d{1,18}(?:, -?\d{1,18}){0,2})\)")
_NOT_THE_SOURCE = "it is not the source with its values put in"
_STAND_IN = "told_value_{}_"
_BRACKETS = {"[": ast.List, "(": ast.Tuple, "{": ast.Set}


def known(moment: Moment, node: ast.expr) -> list[Value]:
    """The values that an expression of the running statement had in this execution of it."""
    if moment.running is None:
        return []
    return moment.running.probes.get(moment.index.span(node), [])


def said_value(moment: Moment, node: ast.expr, text: str) -> bool:
    """Had the expression the value that a text says?"""
    if any(is_text(text, value) for value in known(moment, node)):
        return True
    return had_value(moment, node, read_value(text))


def had_value(moment: Moment, node: ast.expr, told: Told) -> bool:
    """Had the expression this value? Displays, which have no probe, are held element by element."""
    values = known(moment, node)
    segment = moment.segment
    for value in values:
        if same(told, value, segment.now) or (segment.objects and same(told, value, segment.before)):
            return True
    if values:
        return False
    match node:
        case ast.Constant(value=value):
            return same(told, value, segment.now)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            if not isinstance(told, Row) or not isinstance(node, _BRACKETS.get(told.bracket, ())):
                return False
            return len(elements) == len(told.items) and all(
                had_value(moment, element, item) for element, item in zip(elements, told.items, strict=True)
            )
    return False


def is_known(moment: Moment, node: ast.expr) -> bool:
    """Was the expression worked out already, so that a sentence may speak of it?"""
    if not isinstance(node, _PROBED) or moment.execution.trace.header.get("probe") == "none":
        return True
    return bool(known(moment, node))


def check_forms(moment: Moment, node: ast.expr, forms: tuple[str, ...], value: str | None) -> None:
    """Refuses substitutions that are not the source with true values in it, or that come to another value.

    `value` is the text of what the whole came to, None to take it from the probe.
    """
    for shown in forms:
        if not fits(moment, node, (shown,), value or ""):
            _check_shown(moment, node, shown, value)


def _check_shown(moment: Moment, node: ast.expr, shown: str, value: str | None) -> None:
    try:
        told = read_value(shown)
    except Unreadable:
        told = None
    if told is not None and had_value(moment, node, told):
        return
    tree, walk = _read_form(moment, shown)
    refuse_unless(walk.stands_for(node, tree), walk.reason or _NOT_THE_SOURCE)
    _check_result(moment, node, tree, value)


def _read_form(moment: Moment, shown: str) -> tuple[ast.expr, "_Walk"]:
    tree, stand_ins = _parse(shown)
    refuse_unless(tree is not None, f"`{shown[:80]}` is no expression")
    assert tree is not None
    return tree, _Walk(moment, stand_ins)


def check_fails(moment: Moment, node: ast.expr, shown: str, error: str) -> None:
    """Refuses a form of an expression that failed: one that is not the source, or that would come to a value."""
    tree, walk = _read_form(moment, shown)
    refuse_unless(walk.stands_for(node, tree), walk.reason or _NOT_THE_SOURCE)
    try:
        compute(tree, moment.index.bound)
    except Unknown:
        return
    except Fails as failure:
        refuse_unless(str(failure) == error, f"worked out, it raises {failure}")
        return
    refuse_unless(False, "worked out, it does not fail")


def check_augmented(
    moment: Moment, node: ast.AugAssign, forms: tuple[str, ...], olds: list[Value], news: list[Value]
) -> None:
    """Refuses forms of `old op value` that have other operands, or come to another value than is stored."""
    for shown in forms:
        if not fits_stored(moment, node, (shown,), olds, news):
            _check_stored(moment, node, shown, olds, news)


def _check_stored(moment: Moment, node: ast.AugAssign, shown: str, olds: list[Value], news: list[Value]) -> None:
    tree, walk = _read_form(moment, shown)
    holds = isinstance(tree, ast.BinOp) and type(tree.op) is type(node.op)
    refuse_unless(holds, "it is not the old value, the operator and the other operand")
    assert isinstance(tree, ast.BinOp)
    told = walk.told(tree.left)
    segment = moment.segment
    old = told is not None and any(same(told, value, segment.before) for value in olds)
    refuse_unless(old or walk.stands_for(node.target, tree.left), "the old value is another one")
    refuse_unless(walk.stands_for(node.value, tree.right), walk.reason or _NOT_THE_SOURCE)
    try:
        text = repr(compute(tree, moment.index.bound))
        result = read_value(text)
    except (Unknown, Unreadable, ValueError):
        return
    except Fails as failure:
        refuse_unless(False, f"worked out, it raises {failure}")
        return
    stored = not news or any(same(result, value, segment.now) for value in news)
    refuse_unless(stored, f"worked out, it is {text[:80]}")


def check_literal(shown: str, value: str) -> None:
    """Refuses arithmetic on literals that does not come to a value."""
    tree = parse_expression(shown)
    refuse_unless(tree is not None, f"`{shown[:80]}` is no expression")
    assert tree is not None
    try:
        text = repr(compute(tree, frozenset()))
    except (Unknown, Fails, ValueError):
        refuse_unless(False, f"`{shown[:80]}` cannot be worked out")
    refuse_unless(read_value(text) == read_value(value), f"`{shown[:80]}` comes to {text[:80]}")


def lengths(moment: Moment, node: ast.expr) -> list[int]:
    """The lengths that the value of an expression of the running statement had."""
    found = []
    for value in [node.value] if isinstance(node, ast.Constant) else known(moment, node):
        if isinstance(value, (str, bytes)):
            found.append(len(value))
        elif isinstance(value, Ref):
            found += [len(look(value.id).items) for look in (moment.segment.now, moment.segment.before)]
        elif isinstance(value, Exact) and (numbers := _RANGE.fullmatch(value.text)):
            found.append(len(range(*(int(number) for number in numbers[1].split(", ")))))
    if not found and isinstance(node, (ast.List, ast.Tuple)):
        return [len(node.elts)] if not any(isinstance(part, ast.Starred) for part in node.elts) else []
    return found


def _check_result(moment: Moment, node: ast.expr, tree: ast.expr, value: str | None) -> None:
    try:
        result = compute(tree, moment.index.bound)
        text = repr(result)
        told = read_value(text)
    except (Unknown, Unreadable, ValueError):
        return
    except Fails as error:
        refuse_unless(False, f"worked out, it raises {error}")
        return
    holds = read_value(value) == told if value is not None else False
    refuse_unless(
        holds or had_value(moment, node, told) or not _is_final(moment, node, value), f"worked out, it is {text[:80]}"
    )


def _is_final(moment: Moment, node: ast.expr, value: str | None) -> bool:
    """Is there a value to hold a result against?"""
    return value is not None or bool(known(moment, node))


def _parse(shown: str) -> tuple[ast.expr | None, dict[str, Told]]:
    """The tree of a shown expression; values that are no Python stand as names, given beside it."""
    tree = parse_expression(shown)
    if tree is not None and ("#" not in shown or not has_comment(shown)):
        return tree, {}
    pieces: list[str] = []
    stand_ins: dict[str, Told] = {}
    at = 0
    while found := _ODD.search(shown, at):
        reader = Reader(shown, found.start())
        try:
            told = reader.value()
        except (Unreadable, RecursionError):
            pieces.append(shown[at : found.end()])
            at = found.end()
            continue
        name = _STAND_IN.format(len(stand_ins))
        stand_ins[name] = told
        pieces += [shown[at : found.start()], name]
        at = reader.at
    pieces.append(shown[at:])
    return parse_expression("".join(pieces)), stand_ins


class _Walk:
    """Walks a shown expression beside the source's."""

    def __init__(self, moment: Moment, stand_ins: dict[str, Told]) -> None:
        self.moment = moment
        self.stand_ins = stand_ins
        self.reason = ""

    def stands_for(self, node: ast.expr, tree: ast.expr) -> bool:
        """Is the tree the node, with true values in place of some of its operands?"""
        if type(node) is type(tree) and self._alike(node, tree):
            return True
        told = self.told(tree)
        if told is not None and had_value(self.moment, node, told):
            return True
        if told is not None and not self.reason:
            self.reason = f"`{self.moment.index.text(node)}` was not `{ast.unparse(tree)[:80]}`"
        return False

    def _alike(self, node: ast.AST, tree: ast.AST) -> bool:
        if type(node) is not type(tree):
            return False
        for name, left in ast.iter_fields(node):
            right = getattr(tree, name)
            if name in ("ctx", "kind", "type_comment"):
                continue
            if isinstance(left, list):
                if not isinstance(right, list) or len(left) != len(right):
                    return False
                if not all(self._part(a, b) for a, b in zip(left, right, strict=True)):
                    return False
            elif not self._part(left, right):
                return False
        return True

    def _part(self, left: object, right: object) -> bool:
        if isinstance(left, ast.expr):
            return isinstance(right, ast.expr) and self.stands_for(left, right)
        if isinstance(left, ast.AST):
            return isinstance(right, ast.AST) and self._alike(left, right)
        return type(left) is type(right) and left == right

    def told(self, tree: ast.expr) -> Told | None:
        """The value that a part of the form says, None where it says none."""
        if isinstance(tree, ast.Name) and tree.id in self.stand_ins:
            return self.stand_ins[tree.id]
        if isinstance(tree, ast.Constant):
            value = tree.value
            if isinstance(value, (float, complex)):
                return read_value(repr(value))
            return Literal(value)
        try:
            return read_value(ast.unparse(tree))
        except (Unreadable, RecursionError):
            return None
