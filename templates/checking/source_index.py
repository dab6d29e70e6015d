"""The checker's own reading of the source with `ast`: statements by span, their parts, texts and expressions."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import Any

from templates.checking.quiet import without_warnings
from templates.checking.value_text import MAX_TEXT
from tracer.events import Span

Point = tuple[int, int]
Node = ast.stmt | ast.ExceptHandler | ast.match_case
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
WITHS = (ast.With, ast.AsyncWith)
_DECIDING = (ast.If, ast.Assert, *LOOPS)
_SPACES = {tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


@lru_cache(maxsize=8192)
def parse_expression(text: str) -> ast.expr | None:
    """The tree of an expression, None if the text is none."""
    if len(text) > MAX_TEXT:
        return None
    try:
        with without_warnings():
            return ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def has_comment(text: str) -> bool:
    """Does a piece of source that parses hold a comment?"""
    return any(
        token.type == tokenize.COMMENT for token in tokenize.generate_tokens(io.StringIO(f"({text}\n)").readline)
    )


@lru_cache(maxsize=8192)
def plain_text(text: str) -> tuple[str, ...]:
    """The tokens of a piece of source, without comments, line breaks and indentation."""
    found: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(f"({text}\n)").readline):
            if token.type not in _SPACES:
                found.append(token.string)
    except (tokenize.TokenError, SyntaxError):
        return (text,)
    return tuple(found)


def same_source(told: str, true: str) -> bool:
    """Are two pieces of source the same but for layout?"""
    return told == true or (len(told) <= MAX_TEXT and plain_text(told) == plain_text(true))


@dataclass(eq=False)
class Statement:
    """A statement, `except` clause or `case` of the source.

    Attributes:
        body: first and last point of its body, None for a simple statement.
        binds: the names that it defines or imports, where it is such a statement.
        header: the expressions that it evaluates itself, its body's apart.
        stored: the names that these bind.
        decides: whether it has an outcome: a condition, or a loop's going on.
        parts, works, chains: its expressions cut at their operands, the calculations that they stand for, and the
            ways to write them one after the other, as far as they were met (`templates.checking.forms`).
    """

    node: Node
    span: Span
    body: tuple[Point, Point] | None
    binds: tuple[str, ...]
    header: tuple[ast.expr, ...]
    stored: frozenset[str]
    decides: bool
    expressions: dict[str, list[ast.expr]] | None = None
    by_tree: dict[str, list[ast.expr]] | None = None
    above: dict[ast.AST, ast.AST] | None = None
    parts: dict[ast.expr, Any] = field(default_factory=dict)
    works: dict[tuple[ast.AST, ...], Any] = field(default_factory=dict)
    chains: dict[tuple[ast.AST, int], list[Any]] = field(default_factory=dict)

    def nodes(self, index: "SourceIndex", told: str) -> list[ast.expr]:
        """The expressions of its header that a piece of text stands for."""
        found = self.expressions.get(told) if self.expressions is not None else None
        return index.find(self, told) if found is None else found

    def holds(self, point: Point) -> bool:
        """Does its body hold this point of the source?"""
        return self.body is not None and self.body[0] <= point <= self.body[1]


class SourceIndex:
    """One source, read once.

    Attributes:
        bound: every name that the source binds anywhere.
        tree: its syntax.
        begins: the first statement of each `else` and `finally` block of a `try`: whose it is, and which block.
    """

    def __init__(self, source: str) -> None:
        """Raises SyntaxError or ValueError for what is no program."""
        self.source = source
        self.lines = source.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        self._ascii = source.isascii()
        self.statements: dict[Span, Statement] = {}
        self.bound: set[str] = set()
        self.begins: dict[ast.AST, tuple[ast.AST, str]] = {}
        self._spans: dict[ast.AST, Span] = {}
        self._loops: dict[ast.AST, ast.AST] = {}
        with without_warnings():
            self.tree = ast.parse(source)
        self._hang(self.tree.body, None)
        for node in ast.walk(self.tree):
            self._note(node)
            if isinstance(node, (ast.stmt, ast.ExceptHandler)):
                self._add(node, self.span(node))
            elif isinstance(node, ast.match_case):
                self._add(node, self.span(node.pattern))

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                self.bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self.bound.add(name)
            case ast.ImportFrom() | ast.Import():
                self.bound.update(imported(node))
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self.bound.add(name)

    def _hang(self, block: list[ast.stmt], loop: ast.AST | None) -> None:
        """Notes which loop each `break` and `continue` of a block is of, and which blocks begin where."""
        waiting: list[tuple[Any, ast.AST | None]] = [(node, loop) for node in block]
        while waiting:
            node, loop = waiting.pop()
            if isinstance(node, (ast.Break, ast.Continue)) and loop is not None:
                self._loops[node] = loop
            if isinstance(node, (ast.Try, ast.TryStar)):
                self.begins.update(
                    {getattr(node, b)[0]: (node, b) for b in ("orelse", "finalbody") if getattr(node, b)}
                )
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                inner = loop
                if name == "body" and isinstance(node, LOOPS):
                    inner = node
                elif isinstance(node, _DEFINITIONS):
                    inner = None
                parts = getattr(node, name, ())
                waiting += [(part, inner) for part in parts] if isinstance(parts, list) else []

    def loop_of(self, statement: "Statement") -> "Statement | None":
        """The loop that a `break` or `continue` is of."""
        loop = self._loops.get(statement.node)
        return self.statements.get(self.span(loop)) if loop is not None else None

    def within(self, block: list[ast.stmt], point: Point) -> bool:
        """Does a block of statements hold this point of the source?"""
        return self.span(block[0])[:2] <= point <= self.span(block[-1])[2:]

    def _add(self, node: Node, span: Span) -> None:
        inner = getattr(node, "body", None)
        body = None
        if inner:
            first, last = self.span(inner[0]), self.span(inner[-1])
            body = (first[:2], last[2:])
        binds: tuple[str, ...] = ()
        if isinstance(node, _DEFINITIONS):
            binds = (node.name,)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            binds = imported(node)
        header = tuple(_header(node))
        stored = frozenset(
            part.id
            for root in header
            for part in ast.walk(root)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        )
        self.statements[span] = Statement(node, span, body, binds, header, stored, isinstance(node, _DECIDING))

    def span(self, node: ast.AST) -> Span:
        """Where a node stands, columns in characters."""
        found = self._spans.get(node)
        if found is None:
            line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
            end, last = getattr(node, "end_lineno", 1), getattr(node, "end_col_offset", 0)
            found = self._spans[node] = (line, self._column(line, column), end, self._column(end, last))
        return found

    def offsets(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins and ends, in characters from the source's beginning."""
        line, column, end, last = self.span(node)
        return self._starts[line - 1] + column, self._starts[end - 1] + last

    def _column(self, line: int, column: int) -> int:
        text = "" if self._ascii else self.lines[line - 1]
        if text.isascii():
            return column
        return len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass"))

    def slice(self, start: Point, end: Point) -> str:
        """The text between two points."""
        if start[0] == end[0]:
            return self.lines[start[0] - 1][start[1] : end[1]]
        middle = self.lines[start[0] : end[0] - 1]
        return "\n".join([self.lines[start[0] - 1][start[1] :], *middle, self.lines[end[0] - 1][: end[1]]])

    def text(self, node: ast.AST) -> str:
        """The text of a node."""
        line, column, end, last = self.span(node)
        return self.slice((line, column), (end, last))

    # What a statement says.

    def find(self, statement: Statement, told: str) -> list[ast.expr]:
        """The expressions of a statement's header that a piece of text stands for."""
        if statement.expressions is None:
            statement.expressions = {}
            for root in statement.header:
                for node in ast.walk(root):
                    if isinstance(node, ast.expr):
                        statement.expressions.setdefault(self.text(node), []).append(node)
        found = statement.expressions.get(told)
        if found is None:
            found = statement.expressions[told] = self._find_alike(statement, told)
        return found

    def _find_alike(self, statement: Statement, told: str) -> list[ast.expr]:
        tree = parse_expression(told)
        if tree is None:
            return []
        if statement.by_tree is None:
            statement.by_tree = {}
            for root in statement.header:
                for node in ast.walk(root):
                    if isinstance(node, ast.expr):
                        statement.by_tree.setdefault(ast.dump(node), []).append(node)
        return statement.by_tree.get(ast.dump(tree), [])

    def above(self, statement: Statement, node: ast.expr) -> ast.AST | None:
        """The part of the statement's header that an expression stands in."""
        if statement.above is None:
            statement.above = {
                part: node
                for root in statement.header
                for node in ast.walk(root)
                for part in ast.iter_child_nodes(node)
            }
        return statement.above.get(node)

    def says(self, statement: Statement, node: ast.expr, told: str) -> bool:
        """Is this the text of that expression of the statement?"""
        return node in self.find(statement, told)

    def header_text(self, statement: Statement) -> str:
        """The statement's text without its body and its colon."""
        line, column, end, last = statement.span
        if statement.body is None:
            return self.slice((line, column), (end, last))
        node = statement.node
        head = self.slice((line, column), statement.body[0])
        ends = [
            self.span(part)[2:] for part in (*statement.header, *_parts(node)) if self.span(part)[:2] >= (line, column)
        ]
        if ends:
            after = max(ends)
            rest = self.slice(after, statement.body[0])
            return self.slice((line, column), after) + rest.split(":", 1)[0].rstrip()
        return head.split(":", 1)[0].rstrip()

    def clause(self, statement: Statement) -> str:
        """The text after the keyword: of `except` its type and name, of `with` its items, of `raise` what it raises."""
        head = self.header_text(statement)
        for word in ("except*", "except", "async with", "with", "raise"):
            if head.startswith(word):
                return head[len(word) :].strip()
        return head


def imported(node: ast.Import | ast.ImportFrom) -> tuple[str, ...]:
    """The names that an import binds, `*` for a star."""
    if isinstance(node, ast.Import):
        return tuple(alias.asname or alias.name.split(".")[0] for alias in node.names)
    return tuple(alias.asname or alias.name for alias in node.names)


def _parts(node: Node) -> Iterator[ast.AST]:
    """What stands in a header and is no expression."""
    if isinstance(node, ast.match_case):
        yield node.pattern
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from ast.walk(node.args)


def _header(node: Node) -> Iterator[ast.expr]:
    for name, value in ast.iter_fields(node):
        if name in ("body", "orelse", "finalbody", "handlers", "cases", "pattern"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.expr):
                yield part
            elif isinstance(part, ast.withitem):
                yield part.context_expr
                if part.optional_vars is not None:
                    yield part.optional_vars
            elif isinstance(part, ast.keyword):
                yield part.value
