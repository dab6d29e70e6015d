"""An expression of the source cut at its operands, so that a form of it can be followed from left to right."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from templates.checking.source_index import SourceIndex, Statement
from tracer.events import Span

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_WHOLE = (ast.Lambda, ast.JoinedStr, ast.NamedExpr, ast.Await)
_TIGHT = (ast.Attribute, ast.Subscript, ast.Call)
"""Expressions whose inside is shown as it stands in the source."""


@dataclass(slots=True, eq=False)
class Part:
    """An expression of the source, cut at its operands.

    Attributes:
        before, after: the parentheses around it in the source.
        negative: whether a negative number may stand here bare.
        pieces: the text in front of each operand, and the operand; `rest` the text behind the last.
    """

    node: ast.expr
    span: Span
    before: str
    after: str
    negative: bool
    pieces: tuple[tuple[str, "Part"], ...]
    rest: str


def part_of(index: SourceIndex, statement: Statement, node: ast.expr) -> Part | None:
    """An expression of a statement cut at its operands, None where it takes more than one line."""
    if node not in statement.parts:
        span = index.span(node)
        statement.parts[node] = _cut(index, node, None, "", "") if span[0] == span[2] else None
    found: Part | None = statement.parts[node]
    return found


def _cut(index: SourceIndex, node: ast.expr, parent: ast.expr | None, before: str, after: str) -> Part:
    span = index.span(node)
    line = index.lines[span[0] - 1]
    tight = isinstance(parent, _TIGHT) and _is_base(parent, node)
    power = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow) and parent.left is node
    pieces: list[tuple[str, Part]] = []
    at = span[1]
    closed_by_own = isinstance(node, (ast.Call, ast.Tuple)) and line[span[3] - 1] == ")"
    operands = sorted(_operands(node), key=lambda part: index.span(part)[:2])
    ends = [index.span(part) for part in operands]
    for number, (part, (_, start, _, end)) in enumerate(zip(operands, ends, strict=True)):
        limit = ends[number + 1][1] if number + 1 < len(ends) else span[3] - closed_by_own
        gap, opened = _fences(line[at:start])
        closed = re.match(r"[\s)]*", line[end:limit])
        behind = closed.group() if closed is not None else ""
        fences = min(opened.count("("), behind.count(")"))
        opened = opened[_nth_last(opened, "(", fences) :] if fences else ""
        behind = behind[: _nth(behind, ")", fences)] if fences else ""
        gap = line[at : start - len(opened)]
        pieces.append((gap, _cut(index, part, node, opened, behind)))
        at = end + len(behind)
    return Part(node, span, before, after, not (tight or power), tuple(pieces), line[at : span[3]])


def _fences(gap: str) -> tuple[str, str]:
    """The text in front of an operand, cut in front of the parentheses that it ends with."""
    found = re.search(r"[\s(]*$", gap)
    at = found.start() if found is not None else len(gap)
    return gap[:at], gap[at:]


def _nth_last(text: str, sign: str, count: int) -> int:
    at = len(text)
    for _ in range(count):
        at = text.rindex(sign, 0, at)
    return at


def _nth(text: str, sign: str, count: int) -> int:
    at = -1
    for _ in range(count):
        at = text.index(sign, at + 1)
    return at + 1


def _is_base(parent: ast.expr, node: ast.expr) -> bool:
    """Is it what a place or a call is of?"""
    return node is getattr(parent, "value", None) or node is getattr(parent, "func", None)


def _operands(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, _COMPREHENSIONS):
        # What it runs over first is worked out outside of it.
        yield node.generators[0].iter
        return
    if isinstance(node, _WHOLE):
        return
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr) and not isinstance(part, (ast.Slice, ast.Starred)):
            yield part
        elif isinstance(part, (ast.Slice, ast.Starred, ast.keyword)):
            yield from _operands(part)
