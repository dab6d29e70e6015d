"""Expressions of a program by the span that the trace gives them, each with its source text and its operands."""

import ast
import re
from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import CodeRange

from tracer.events import Span

Positions = dict[cst.CSTNode, CodeRange]

_NEWLINE = re.compile(r"\r\n|\r|\n")
_KINDS: dict[type[cst.CSTNode], str] = {
    cst.Name: "name",
    cst.Attribute: "attribute",
    cst.Subscript: "subscript",
    cst.Call: "call",
    cst.BinaryOperation: "binary",
    cst.UnaryOperation: "unary",
    cst.Comparison: "comparison",
    cst.BooleanOperation: "boolean",
    cst.IfExp: "conditional",
    cst.NamedExpr: "named",
    cst.Integer: "constant",
    cst.Float: "constant",
    cst.Imaginary: "constant",
    cst.SimpleString: "constant",
    cst.Ellipsis: "constant",
    cst.FormattedString: "string",
    cst.ConcatenatedString: "string",
    cst.ListComp: "comprehension",
    cst.SetComp: "comprehension",
    cst.DictComp: "comprehension",
    cst.GeneratorExp: "comprehension",
    cst.Lambda: "lambda",
    cst.List: "display",
    cst.Tuple: "display",
    cst.Set: "display",
    cst.Dict: "display",
}
_LEAVES = frozenset({"constant", "string", "comprehension", "lambda", "name"})
_OPERATIONS = frozenset({"binary", "unary", "comparison", "boolean"})


@dataclass(eq=False, slots=True)
class Expression:
    """One expression where it stands.

    Attributes:
        kind: `name`, `attribute`, `subscript`, `call`, `binary`, ... (the values of `_KINDS`), or `other`.
        start, end: offsets in the source, without parentheses around it; `outer_start`, `outer_end` with them.
        text: the source, on one line.
        word: of a call its callee (`len`, or `.append`), of an attribute its name, of a name itself,
            of a binary operation its operator's class, of a subscript `[]`, or `[:]` for a slice or tuple.
        parts: the expressions directly inside it, in the order of the source.
        operators: how many operators stand in it.
    """

    kind: str
    span: Span
    start: int
    end: int
    outer_start: int
    outer_end: int
    text: str
    word: str = ""
    parts: list["Expression"] = field(default_factory=list)
    operators: int = 0


def one_line(text: str, mode: str = "eval") -> str:
    """The same code on one line: as it stands where it is one, else as Python itself would write it."""
    if "\n" not in text and "\r" not in text:
        return text
    return ast.unparse(ast.parse(f"({text}\n)" if mode == "eval" else text))


class ExpressionReader:
    """Turns libcst expressions of one source into `Expression`s, each once."""

    def __init__(self, source: str, positions: Positions) -> None:
        self.source = source
        self.positions = positions
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(source))]

    def offset(self, line: int, column: int) -> int:
        """Where a line (from 1) and a column (from 0) are in the source."""
        return self._starts[line - 1] + column

    def read(self, node: cst.BaseExpression) -> Expression:
        """The expression tree of a node."""
        where = self.positions[node]
        span = (where.start.line, where.start.column, where.end.line, where.end.column)
        start, end = self.offset(*span[:2]), self.offset(*span[2:])
        outer_start, outer_end = start, end
        if node.lpar:
            left, right = self.positions[node.lpar[0]].start, self.positions[node.rpar[-1]].end
            outer_start, outer_end = self.offset(left.line, left.column), self.offset(right.line, right.column)
        kind = _KINDS.get(type(node), "other")
        word = ""
        inner: list[cst.BaseExpression] = []
        match node:
            case cst.Name(value=word):
                if word in ("True", "False", "None"):
                    kind = "constant"
            case cst.Attribute(value=base, attr=attribute):
                word, inner = attribute.value, [base]
            case cst.Call(func=cst.Name(value=word), args=args):
                inner = [arg.value for arg in args]
            case cst.Call(func=cst.Attribute(value=base, attr=attribute), args=args):
                word, inner = f".{attribute.value}", [base, *(arg.value for arg in args)]
            case cst.Call(func=callee, args=args):
                inner = [callee, *(arg.value for arg in args)]
            case cst.Subscript(value=base, slice=elements):
                simple = len(elements) == 1 and isinstance(elements[0].slice, cst.Index)
                word = "[]" if simple else "[:]"
                inner = [base, *(found for element in elements for found in _directly_inside(element))]
            case cst.BinaryOperation(operator=operator):
                word, inner = type(operator).__name__, _directly_inside(node)
            case cst.UnaryOperation(expression=cst.Integer() | cst.Float()):
                kind = "constant"
            case _ if kind not in _LEAVES:
                inner = _directly_inside(node)
        text = self.source[start:end]
        if "\n" in text or "\r" in text:
            text = one_line(text)
        made = Expression(kind, span, start, end, outer_start, outer_end, text, word)
        made.parts = [self.read(part) for part in inner]
        made.operators = sum(part.operators for part in made.parts) + (kind in _OPERATIONS)
        return made


def _directly_inside(node: cst.CSTNode) -> list[cst.BaseExpression]:
    """The nearest expressions below a node, in the order of the source."""
    found: list[cst.BaseExpression] = []
    for child in node.children:
        if isinstance(child, cst.BaseExpression):
            found.append(child)
        elif not isinstance(child, cst.Annotation | cst.BaseParenthesizableWhitespace):
            found.extend(_directly_inside(child))
    return found
