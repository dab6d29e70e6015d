"""A program's statements by the place where they begin: kind, header, blocks and the expressions they evaluate."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from templates.expressions import Expression, ExpressionReader
from templates.one_line import one_line, parse_quietly
from tracer.events import Span

Place = tuple[int, int]
"""Line from 1, column from 0 in characters."""
Clause = ast.stmt | ast.ExceptHandler | ast.match_case

_KINDS: dict[type[Any], str] = {
    ast.Assign: "assign",
    ast.AugAssign: "augmented",
    ast.AnnAssign: "annotated",
    ast.Expr: "expression",
    ast.Return: "return",
    ast.Raise: "raise",
    ast.Assert: "assert",
    ast.Delete: "delete",
    ast.Pass: "pass",
    ast.Break: "break",
    ast.Continue: "continue",
    ast.Import: "import",
    ast.ImportFrom: "import",
    ast.Global: "declaration",
    ast.Nonlocal: "declaration",
    ast.FunctionDef: "def",
    ast.AsyncFunctionDef: "def",
    ast.ClassDef: "class",
    ast.If: "if",
    ast.For: "for",
    ast.AsyncFor: "for",
    ast.While: "while",
    ast.With: "with",
    ast.AsyncWith: "with",
    ast.Try: "try",
    ast.TryStar: "try",
    ast.Match: "match",
    ast.ExceptHandler: "except",
    ast.match_case: "case",
}
LOOPS = frozenset({"for", "while"})
_COROUTINES = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
_KEYWORD = re.compile(r"(?:async\s+)?(?:except\s*\*?|with|for)\s*")


class ProgramError(ValueError):
    """A source that the model cannot read; the message says why."""


@dataclass(eq=False)
class Statement:
    """One statement, or an `except` or `case` clause.

    Attributes:
        kind: `assign`, `if`, `for`, `while`, `with`, `except`, `case`, `def`, `class`, ...
        start: where it begins.
        body: from where to where its first block stands (start inside, end past it); None for a simple statement.
        otherwise: the same of its `else` block, for loops.
        parent: the statement whose block it stands in; None at the top of the module.
        opens: `finally` or `else` where it is the first statement of such a block of a `try`, else empty.
        block: that block, from where to where it stands.
        test: of `if`, `while`, `assert`, and the guard of a `case`.
        value: of an assignment, `return`, `raise`, `for` (the iterable), `match` (the subject), a bare expression.
        roots: the expressions whose working is worth telling, in the order of the source.
        label: the text that a sentence names it by: a pattern, the items of `with`, what follows `raise` or
            `except`, the names that `import` binds, the name that `def` or `class` defines.
    """

    kind: str
    start: Place
    node: Clause
    reader: ExpressionReader
    body: tuple[Place, Place] | None = None
    otherwise: tuple[Place, Place] | None = None
    parent: "Statement | None" = None
    opens: str = ""
    block: tuple[Place, Place] | None = None
    plans: dict[Any, Any] = field(default_factory=dict)

    def holds(self, place: Place) -> bool:
        """Does a place stand in the first block?"""
        return self.body is not None and self.body[0] <= place < self.body[1]

    def spans(self, place: Place) -> bool:
        """Does a place stand in the header or the first block?"""
        return self.body is not None and self.start <= place < self.body[1]

    def _read(self, name: str) -> Expression | None:
        node = getattr(self.node, name, None)
        return self.reader.read(node) if isinstance(node, ast.expr) else None

    @cached_property
    def loop(self) -> "Statement | None":
        """The innermost loop of the same function whose first block it stands in."""
        above = self.parent
        while above is not None and above.kind not in ("def", "class"):
            if above.kind in LOOPS and above.holds(self.start):
                return above
            above = above.parent
        return None

    @cached_property
    def test(self) -> Expression | None:
        return self._read("guard" if self.kind == "case" else "test")

    @cached_property
    def value(self) -> Expression | None:
        names = {"for": "iter", "match": "subject", "raise": "exc"}
        return self._read(names.get(self.kind, "value"))

    @cached_property
    def targets(self) -> list[Expression]:
        """What is stored to, as expressions."""
        match self.node:
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                return [self.reader.read(target) for target in targets]
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target) | ast.For(target=target):
                return [self.reader.read(target)]
        return []

    @cached_property
    def stores(self) -> list[Expression]:
        """The names, attributes and subscripts that it stores to, in the order of the source."""
        stored = self.kind in ("assign", "augmented", "for") or (self.kind == "annotated" and self.value is not None)
        return [leaf for target in self.targets if stored for leaf in _leaves(target)]

    @cached_property
    def stored(self) -> dict[str, int]:
        """The names among what is stored to, each with its place in the order of the source."""
        return {leaf.text: place for place, leaf in enumerate(self.stores) if leaf.kind == "name"}

    @cached_property
    def target(self) -> Expression | None:
        """The one place that an assignment stores its value to; None where there are several."""
        single = self.kind in ("assign", "annotated") and len(self.targets) == 1 and len(self.stores) == 1
        return self.stores[0] if single and self.stores[0] is self.targets[0] else None

    @cached_property
    def operator(self) -> str:
        """The operator of an augmented assignment, without the `=`."""
        if not isinstance(self.node, ast.AugAssign):
            return ""
        target, value = self.targets[0], self.reader.read(self.node.value)
        return self.reader.source[target.end : value.start].split("=")[0].strip(" \t)\\\r\n")

    @cached_property
    def roots(self) -> list[Expression]:
        found = [index for target in self.targets for index in _indices(target)]
        match self.node:
            case ast.With(items=items):
                found += [self.reader.read(item.context_expr) for item in items]
            case ast.Raise(exc=ast.Call(args=args)):
                found += [self.reader.read(arg) for arg in args if not isinstance(arg, ast.Starred)]
        if self.kind not in ("raise", "with") and self.value is not None:
            found.append(self.value)
        return found + ([self.test] if self.test is not None else [])

    @cached_property
    def reaches_in(self) -> bool:
        """May it change an object that no name has, as `d[k].append(1)` and `d[k][0] += 1` do?"""
        if self.kind == "augmented" and self.targets[0].kind != "name":
            return True
        tops = [*self.targets, *self.roots, *([self.value] if self.value is not None else [])]
        while tops:
            top = tops.pop()
            reaches = top.kind == "call" and top.word.startswith(".")
            reaches |= top in self.targets and top.kind in ("attribute", "subscript")
            if reaches and top.parts[0].kind in ("attribute", "subscript", "call"):
                return True
            tops.extend(top.parts)
        return False

    @cached_property
    def hints(self) -> list[Expression]:
        """Names, attributes and subscripts that it evaluates, the longest chains first: the program's own names."""
        found: list[Expression] = []
        tops = [*self.targets, *self.roots, *([self.value] if self.value is not None else [])]
        while tops:
            top = tops.pop(0)
            if top.kind in ("name", "attribute") or (top.kind == "subscript" and top.word == "[]"):
                found.append(top)
            tops.extend(top.parts)
        return sorted(found, key=lambda hint: -len(hint.text))

    @cached_property
    def label(self) -> str:
        match self.node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
                return name
            case ast.Import(names=names):
                return ", ".join(alias.asname or alias.name.split(".")[0] for alias in names)
            case ast.ImportFrom(names=names):
                return ", ".join(alias.asname or alias.name for alias in names)
            case ast.Raise(exc=exc):
                whole = one_line(self.reader.slice(self.node), "exec")
                return whole.removeprefix("raise").strip() if exc is not None else ""
            case ast.ExceptHandler(type=caught):
                return self._clause(caught) if caught is not None else ""
            case ast.With(items=items) | ast.AsyncWith(items=items):
                return self._clause(items[-1].optional_vars or items[-1].context_expr)
            case ast.match_case(pattern=pattern):
                return " ".join(self.reader.slice(pattern).split())
        return ""

    @cached_property
    def header(self) -> str:
        """What it evaluates: its value where there is one, else all of it."""
        if self.kind in ("assign", "annotated") and self.value:
            return self.value.text
        return self.text

    @cached_property
    def text(self) -> str:
        """The statement on one line; of a compound one, the expression that its header evaluates."""
        if self.kind in ("return", "for", "match") and self.value:
            return self.value.text
        if self.test is not None:
            return self.test.text
        if isinstance(self.node, ast.With):
            return self.reader.read(self.node.items[0].context_expr).text
        if self.kind == "except":
            return f"except {self.label}".strip()
        if self.body is None:
            return one_line(self.reader.slice(self.node), "exec")
        return self.label

    @cached_property
    def heading(self) -> str:
        """Of a `for` statement, its header without the colon."""
        if not isinstance(self.node, ast.For):
            return self.text
        return f"for {self._clause(self.node.iter)}"

    @cached_property
    def returned(self) -> str:
        """What stands after `return`, with its parentheses."""
        if not isinstance(self.node, ast.Return) or self.node.value is None:
            return ""
        return one_line(self.reader.slice(self.node)[len("return") :].strip(" \t\\\r\n"))

    def _clause(self, last: ast.expr) -> str:
        """A header from its keyword up to the colon after its last expression."""
        source, start = self.reader.source, self.reader.offset(*self.start)
        found = _KEYWORD.match(source, start)
        end = self.reader.read(last).end
        text = source[found.end() if found else start : end] + source[end : source.index(":", end)]
        return " ".join(re.sub(r"#[^\n]*|\\\n", " ", text).split()) if "\n" in text else text.rstrip()


def _leaves(target: Expression) -> list[Expression]:
    """The single places that a target stores to."""
    if target.kind in ("name", "attribute", "subscript"):
        return [target]
    return [leaf for part in target.parts for leaf in _leaves(part)]


def _indices(target: Expression) -> list[Expression]:
    """The keys that a target evaluates."""
    found = [index for part in target.parts for index in _indices(part)]
    return [*found, *(target.parts[1:] if target.kind == "subscript" else [])]


@dataclass(eq=False)
class ProgramModel:
    """The statements of one source.

    Attributes:
        has_coroutines: something in it is `async`.
        tree, reader: its syntax, and its expressions.
    """

    source: str
    tree: ast.Module
    reader: ExpressionReader
    statements: dict[Place, Statement] = field(default_factory=dict)
    has_coroutines: bool = False

    def statement(self, span: Span) -> Statement | None:
        """The statement that a trace's span begins with."""
        return self.statements.get((span[0], span[1]))


class _Walk:
    """One pass over a module's blocks."""

    def __init__(self, source: str, tree: ast.Module) -> None:
        self.reader = ExpressionReader(source)
        self.model = ProgramModel(source, tree, self.reader)
        if "async" in source or "await" in source:
            self.model.has_coroutines = any(isinstance(node, _COROUTINES) for node in ast.walk(tree))
        self.block(tree.body, None)

    def extent(self, block: Sequence[Clause]) -> tuple[Place, Place] | None:
        """From where a block's first statement begins to where its last ends."""
        if not block:
            return None
        return self._start(block[0]), self.reader.span(block[-1])[2:]

    def _start(self, node: ast.AST) -> Place:
        return self.reader.span(node)[:2]

    def block(self, block: Sequence[ast.stmt], parent: Statement | None, opens: str = "") -> None:
        """Reads a block."""
        for number, node in enumerate(block):
            made = self.add(node, self._start(node), parent)
            if opens and not number:
                made.opens, made.block = opens, self.extent(block)

    def add(self, node: Clause, start: Place, parent: Statement | None) -> Statement:
        """Reads a statement or clause and everything in it."""
        kind = _KINDS.get(type(node), "other")
        made = Statement(kind, start, node, self.reader, parent=parent)
        if kind != "try":
            self.model.statements[start] = made
        inner = getattr(node, "body", None)
        if isinstance(inner, list):
            made.body = self.extent(inner)
            self.block(inner, made)
        match node:
            case ast.FunctionDef(decorator_list=[first, *_]) | ast.ClassDef(decorator_list=[first, *_]):
                line, column = self._start(first)
                at = self.reader.source.rindex("@", 0, self.reader.offset(line, column)) - self.reader.offset(line, 0)
                self.model.statements[line, at] = made
            case ast.For(orelse=orelse) | ast.While(orelse=orelse) | ast.AsyncFor(orelse=orelse):
                made.otherwise = self.extent(orelse)
                self.block(orelse, made)
            case ast.If(orelse=orelse):
                self.block(orelse, made)
            case ast.Try() | ast.TryStar():
                for handler in node.handlers:
                    self.add(handler, self._start(handler), made)
                self.block(node.orelse, made, "else")
                self.block(node.finalbody, made, "finally")
            case ast.Match(cases=cases):
                for case in cases:
                    self.add(case, self._start(case.pattern), made)
        return made


@lru_cache(maxsize=64)
def read_program(source: str) -> ProgramModel:
    """The model of a source.

    Raises:
        ProgramError: Python's parser cannot read it.
    """
    try:
        tree = parse_quietly(source)
        assert isinstance(tree, ast.Module)
        return _Walk(source, tree).model
    except (SyntaxError, ValueError, RecursionError) as error:
        line = f"line {error.lineno}: " if isinstance(error, SyntaxError) and error.lineno else ""
        raise ProgramError(f"{line}{error.msg if isinstance(error, SyntaxError) else error}") from error
