"""Forms of an expression (`3 + dp[0]` for `a + dp[i]`), read once for each way to leave operands open.

What is learned from one form serves all later ones that differ in literals only: which operand each literal
stands for, and what calculation the literals make. A form that does not fit is left to the full reading.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from templates.checking.arithmetic import Fails, Unknown, Work, compiled, run, unknown
from templates.checking.flow import Running
from templates.checking.source_index import SourceIndex, has_comment, parse_expression
from tracer.events import Span, Value

# The first character is matched as a set, which lets the search skip to it; what it began is looked up behind it.
_LITERAL = re.compile(
    r"([\dTFN'](?<![\w.'\"].)(?:(?<=\d)\d{0,17}(?:\.\d+)?(?![\w.])|(?<=T)rue(?!\w)|(?<=F)alse(?!\w)|(?<=N)one(?!\w)"
    r"|(?<=')[^'\"\\\n{}]*'(?!['\"])))"
)
_WORDS: dict[str, Any] = {"True": True, "False": False, "None": None}
_NO_LITERAL = object()
_SLOT = "slot_{}_"
_LONGEST_BITS = 10_000
_FORMS_HELD = 200
"""Forms of one statement that are kept."""


@dataclass(frozen=True, slots=True)
class Operand:
    """What a literal of a form stands for: an expression with a probe, a literal of the source, or an old value."""

    span: Span | None
    constant: Any
    negative: bool
    old: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write an expression with literals for operands."""

    operands: tuple[Operand, ...]
    work: Work


def fits(
    index: SourceIndex,
    running: Running,
    node: ast.expr | ast.AugAssign,
    shown: str,
    *,
    value: str = "",
    olds: Sequence[Value] = (),
    news: Sequence[Value] = (),
) -> bool:
    """Is this surely a true form of an expression, and does it come to its value, as far as it can be worked out?

    False says nothing: the form may be one that is not read this way.

    Args:
        node: the expression; of an augmented assignment the form is old value, operator, other operand.
        value: the text of what the whole came to, empty to take it from the probe.
        olds, news: of an augmented assignment, what may have stood at its target before and after.
    """
    parts = _LITERAL.split(shown)
    key = (node, "\x02".join(parts[::2]))
    forms, probes = running.statement.forms, running.probes
    form = forms.get(key)
    if form is None:
        if key in forms:
            return False
        form = _read(index, node, parts[::2])
        if len(forms) < _FORMS_HELD:
            forms[key] = form
        if form is None:
            return False
    values: list[Any] = []
    for text, operand in zip(parts[1::2], form.operands, strict=True):
        told = _literal(text)
        values.append(told)
        if operand.negative:
            told = -told if isinstance(told, (int, float)) else told
        if operand.span is not None:
            if not _had(probes.get(operand.span), told):
                return False
        elif operand.old:
            if not _had(olds, told):
                return False
        elif type(told) is not type(operand.constant) or told != operand.constant:
            return False
    if form.work is unknown:
        return True
    try:
        result = run(form.work, values)
    except Unknown:
        return True
    except Fails:
        return False
    if value:
        # The text of a longer int is cut, and Python refuses to write it: the reading by trees takes that.
        return not (type(result) is int and result.bit_length() > _LONGEST_BITS) and repr(result) == value
    return _had(news if isinstance(node, ast.AugAssign) else probes.get(index.span(node)), result)


def _literal(text: str) -> Any:
    first = text[0]
    if first == "'":
        return text[1:-1]
    if first in "TFN":
        return _WORDS[text]
    if "." in text:
        return float(text)
    return int(text) if first != "0" or len(text) == 1 else _NO_LITERAL


def _had(values: Sequence[Value] | None, told: Any) -> bool:
    if not values:
        return False
    kind = type(told)
    for value in values:
        if type(value) is kind and value == told and (kind is not float or repr(value) == repr(told)):
            return True
    return False


def _read(index: SourceIndex, node: ast.expr | ast.AugAssign, between: list[str]) -> Form | None:
    names = {_SLOT.format(number): number for number in range(len(between) - 1)}
    text = "".join([part + name for part, name in zip(between, [*names, ""], strict=True)])
    if any(name in part for part in between for name in names):
        return None
    tree = parse_expression(text)
    if tree is None or ("#" in text and has_comment(text)):
        return None
    operands: dict[int, Operand] = {}
    try:
        if isinstance(node, ast.AugAssign):
            paired = _pair_stored(index, node, tree, names, operands)
        else:
            paired = _pair(index, node, tree, names, operands)
        if not paired or len(operands) != len(names):
            return None
    except RecursionError:
        return None
    return Form(tuple(operands[number] for number in range(len(names))), compiled(tree, index.bound, names))


def _pair(
    index: SourceIndex, node: ast.AST, tree: ast.AST, names: dict[str, int], operands: dict[int, Operand]
) -> bool:
    """Finds what each slot of the tree stands for in the source's expression."""
    if isinstance(tree, ast.Name) and tree.id in names:
        if not isinstance(node, ast.expr):
            return False
        operands[names[tree.id]] = _operand(index, node, negative=False)
        return True
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub) and isinstance(tree.operand, ast.Name):
        negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        if tree.operand.id in names and not negated and isinstance(node, ast.expr):
            operands[names[tree.operand.id]] = _operand(index, node, negative=True)
            return True
    if type(node) is not type(tree):
        return False
    for name, left in ast.iter_fields(node):
        right = getattr(tree, name)
        if name in ("ctx", "kind", "type_comment"):
            continue
        lefts, rights = (left, right) if isinstance(left, list) and isinstance(right, list) else ([left], [right])
        if len(lefts) != len(rights):
            return False
        for one, other in zip(lefts, rights, strict=True):
            if isinstance(one, ast.AST) and isinstance(other, ast.AST):
                if not _pair(index, one, other, names, operands):
                    return False
            elif type(one) is not type(other) or one != other:
                return False
    return True


def _pair_stored(
    index: SourceIndex, node: ast.AugAssign, tree: ast.AST, names: dict[str, int], operands: dict[int, Operand]
) -> bool:
    """The same for an augmented assignment, whose left operand is what stood at its target."""
    if not isinstance(tree, ast.BinOp) or type(tree.op) is not type(node.op):
        return False
    left, negative = tree.left, False
    if isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.USub):
        left, negative = left.operand, True
    if isinstance(left, ast.Name) and left.id in names:
        operands[names[left.id]] = Operand(None, None, negative, old=True)
    elif not _pair(index, node.target, tree.left, names, operands):
        return False
    return _pair(index, node.value, tree.right, names, operands)


def _operand(index: SourceIndex, node: ast.expr, *, negative: bool) -> Operand:
    if isinstance(node, ast.Constant):
        return Operand(None, node.value, negative)
    return Operand(index.span(node), None, negative)
