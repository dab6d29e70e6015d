"""An expression of the source cut at its operands, so that a form of it can be followed from left to right."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from templates.checking.source_index import SourceIndex, Statement
from tracer.events import Span

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_WHOLE = (ast.Lambda, ast.JoinedStr, ast.NamedExpr, ast.Await)
"""Expressions whose inside is shown as it stands in the source."""
_TIGHT = (ast.Attribute, ast.Subscript, ast.Call)
_BREAK = re.compile(r"(?:\s*(?:#[^\n]*|\\)?\n\s*)+")
_NEEDLESS = re.compile(r"(?<=[(\[{]) | (?=[)\]},.])")


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


def part_of(index: SourceIndex, statement: Statement, node: ast.expr) -> Part:
    """An expression of a statement cut at its operands; what takes several lines is put on one."""
    found: Part | None = statement.parts.get(node)
    if found is None:
        found = statement.parts[node] = _cut(index, node, None, "", "")
    return found


def _cut(index: SourceIndex, node: ast.expr, parent: ast.expr | None, before: str, after: str) -> Part:
    source = index.source
    begin, finish = index.offsets(node)
    tight = isinstance(parent, _TIGHT) and _is_base(parent, node)
    power = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow) and parent.left is node
    pieces: list[tuple[str, Part]] = []
    at = begin
    closed_by_own = isinstance(node, (ast.Call, ast.Tuple)) and source[finish - 1] == ")"
    operands = sorted(_operands(node), key=index.offsets)
    places = [index.offsets(part) for part in operands]
    for number, (part, (start, end)) in enumerate(zip(operands, places, strict=True)):
        limit = places[number + 1][0] if number + 1 < len(places) else finish - closed_by_own
        opened = _fences(source[at:start])
        closed = re.match(r"[\s)]*", source[end:limit])
        behind = closed.group() if closed is not None else ""
        fences = min(opened.count("("), behind.count(")"))
        opened = opened[_nth_last(opened, "(", fences) :] if fences else ""
        behind = behind[: _nth(behind, ")", fences)] if fences else ""
        gap = source[at : start - len(opened)]
        pieces.append((_flat(gap), _cut(index, part, node, _flat(opened), _flat(behind))))
        at = end + len(behind)
    return Part(node, index.span(node), before, after, not (tight or power), tuple(pieces), _flat(source[at:finish]))


def _flat(text: str) -> str:
    """A piece of source between operands on one line."""
    return _NEEDLESS.sub("", _BREAK.sub(" ", text)) if "\n" in text else text


def _fences(gap: str) -> str:
    """The parentheses with which the text in front of an operand ends."""
    found = re.search(r"[\s(]*$", gap)
    return found.group() if found is not None else ""


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
