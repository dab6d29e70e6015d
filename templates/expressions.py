"""Expressions of a program by the span that the trace gives them, each with its source text and its operands."""

import ast
import re
from dataclasses import dataclass, field

from templates.one_line import one_line, parse_quietly
from tracer.events import Span

_NEWLINE = re.compile(r"\r\n|\r|\n")
_COMMENT = re.compile(r"#[^\n]*")
_KINDS: dict[type[ast.expr], str] = {
    ast.Name: "name",
    ast.Attribute: "attribute",
    ast.Subscript: "subscript",
    ast.Call: "call",
    ast.BinOp: "binary",
    ast.UnaryOp: "unary",
    ast.Compare: "comparison",
    ast.BoolOp: "boolean",
    ast.IfExp: "conditional",
    ast.NamedExpr: "named",
    ast.Constant: "constant",
    ast.JoinedStr: "string",
    ast.ListComp: "comprehension",
    ast.SetComp: "comprehension",
    ast.DictComp: "comprehension",
    ast.GeneratorExp: "comprehension",
    ast.Lambda: "lambda",
    ast.List: "display",
    ast.Tuple: "display",
    ast.Set: "display",
    ast.Dict: "display",
}
OPERATIONS = frozenset({"binary", "unary", "comparison", "boolean"})


@dataclass(eq=False, slots=True)
class Expression:
    """One expression where it stands.

    Attributes:
        kind: `name`, `attribute`, `subscript`, `call`, `binary`, ... (the values of `_KINDS`), or `other`.
        start, end: offsets in the source, without parentheses around it; `outer_start`, `outer_end` with them.
        text: the source, on one line.
        word: of a call its callee (`len`, or `.append`), of an attribute its name, of a name itself,
            of a binary operation its operator's class, of a subscript `[]`, or `[:]` for a slice or tuple,
            of a comparison `is` where it compares identities.
        parts: the expressions directly inside it that it evaluates itself, in the order of the source.
        operators: how many operators stand in it.
        exact: whether the source between `start` and `end` is the expression (some interpreters place
            what stands inside an f-string wrongly).
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
    exact: bool = True


class ExpressionReader:
    """Turns the expressions of one source's syntax tree into `Expression`s."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(source))]
        self._plain = source.isascii()
        self._made: dict[ast.expr, Expression] = {}
        self._slices: dict[Expression, tuple[Expression | None, ...]] = {}

    def offset(self, line: int, column: int) -> int:
        """Where a line (from 1) and a column (from 0, in characters) are in the source."""
        return self._starts[line - 1] + column

    def span(self, node: ast.AST) -> Span:
        """Where a node stands; the columns count characters."""
        line, end = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        column, last = node.col_offset, node.end_col_offset  # type: ignore[attr-defined]
        if self._plain:
            return line, column, end, last
        return line, self._column(line, column), end, self._column(end, last)

    def _column(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        text = self.source[start : start + column]
        if text.isascii():
            return column
        return len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass"))

    def slice(self, node: ast.AST) -> str:
        """The source of a node, as it stands."""
        line, column, end, last = self.span(node)
        return self.source[self.offset(line, column) : self.offset(end, last)]

    def read(self, node: ast.expr) -> Expression:
        """The expression tree of a node."""
        known = self._made.get(node)
        if known is None:
            known = self._made[node] = self._read(node)
        return known

    def bounds(self, subscript: Expression) -> tuple[Expression | None, ...] | None:
        """Start, stop and step of a slice; None for any other subscript."""
        return self._slices.get(subscript)

    def _read(self, node: ast.expr) -> Expression:
        span = self.span(node)
        start, end = self.offset(*span[:2]), self.offset(*span[2:])
        word, inner = _parts(node)
        kind = _KINDS.get(type(node), "other")
        if kind == "unary" and isinstance(node.operand, ast.Constant) and _is_number(node.operand.value):  # type: ignore[attr-defined]
            kind = "constant"
        made = Expression(kind, span, start, end, start, end, one_line(self.source[start:end]), word)
        made.parts = sorted(map(self.read, inner), key=lambda part: part.start)
        made.operators = sum(part.operators for part in made.parts) + (kind in OPERATIONS)
        if isinstance(node, ast.Subscript) and isinstance(cut := node.slice, ast.Slice):
            limits = (cut.lower, cut.upper, cut.step)
            self._slices[made] = tuple(None if limit is None else self.read(limit) for limit in limits)
        if kind == "string":
            for part, value in zip(made.parts, inner, strict=True):
                self._mend(part, value)
        elif kind != "comprehension":
            self._find_parentheses(made)
        return made

    def _mend(self, part: Expression, node: ast.expr) -> None:
        """Takes the text of an expression in an f-string from its tree where its place is told wrongly."""
        try:
            exact = ast.dump(parse_quietly(part.text, "eval")) == ast.dump(ast.Expression(node))
        except SyntaxError:
            exact = False
        if not exact:
            part.text, part.exact = ast.unparse(node), False

    def _find_parentheses(self, made: Expression) -> None:
        """Finds the parentheses that stand around each part and are not the expression's own."""
        opened: list[tuple[int, int]] = []
        at = made.start
        for index in range(len(made.parts) + 1):
            ends = made.parts[index].start if index < len(made.parts) else made.end
            gap = self.source[at:ends]
            if "(" in gap or ")" in gap:
                bare = _COMMENT.sub(lambda found: " " * len(found[0]), gap) if "#" in gap else gap
                for place, character in enumerate(bare, at):
                    if character == "(":
                        opened.append((place, index))
                    elif character == ")" and opened:
                        begun, first = opened.pop()
                        own = place + 1 == made.end and (made.kind == "call" or begun == made.start)
                        if first == index - 1 and not own:
                            made.parts[first].outer_start, made.parts[first].outer_end = begun, place + 1
            if index < len(made.parts):
                at = made.parts[index].end


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parts(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """The word of an expression, and what it evaluates directly."""
    match node:
        case ast.Name(id=word):
            return word, []
        case ast.Attribute(value=base, attr=word):
            return word, [base]
        case ast.Call(func=callee, args=args, keywords=keywords):
            given = [*map(_bare, args), *(keyword.value for keyword in keywords)]
            if isinstance(callee, ast.Name):
                return callee.id, given
            if isinstance(callee, ast.Attribute):
                return f".{callee.attr}", [callee.value, *given]
            return "", [callee, *given]
        case ast.Subscript(value=base, slice=ast.Slice() as cut):
            return "[:]", [base, *_bounds(cut)]
        case ast.Subscript(value=base, slice=ast.Tuple(elts=keys)):
            inner: list[ast.expr] = []
            for key in keys:
                inner += _bounds(key) if isinstance(key, ast.Slice) else [_bare(key)]
            return "[:]", [base, *inner]
        case ast.Subscript(value=base, slice=key):
            return "[]", [base, key]
        case ast.BinOp(left=left, op=operator, right=right):
            return type(operator).__name__, [left, right]
        case ast.Compare(ops=operators) if any(isinstance(operator, ast.Is | ast.IsNot) for operator in operators):
            return "is", [node.left, *node.comparators]
        case ast.JoinedStr(values=values):
            return "", [value.value for value in values if isinstance(value, ast.FormattedValue)]
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return "", [node.generators[0].iter]
        case ast.Constant() | ast.Lambda():
            return "", []
        case ast.NamedExpr(target=ast.Name(id=word), value=value):
            return word, [value]
    return "", [_bare(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _bare(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


def _bounds(cut: ast.Slice) -> list[ast.expr]:
    return [bound for bound in (cut.lower, cut.upper, cut.step) if bound is not None]
