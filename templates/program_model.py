"""A program's statements by the place where they begin: kind, header, blocks and the expressions they evaluate."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from templates.expressions import Expression, ExpressionReader, one_line
from tracer.events import Span

_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
Place = tuple[int, int]
"""Line from 1, column from 0 in characters."""

_SIMPLE: dict[type[cst.CSTNode], str] = {
    cst.Assign: "assign",
    cst.AugAssign: "augmented",
    cst.AnnAssign: "annotated",
    cst.Expr: "expression",
    cst.Return: "return",
    cst.Raise: "raise",
    cst.Assert: "assert",
    cst.Del: "delete",
    cst.Pass: "pass",
    cst.Break: "break",
    cst.Continue: "continue",
    cst.Import: "import",
    cst.ImportFrom: "import",
    cst.Global: "declaration",
    cst.Nonlocal: "declaration",
}


class ProgramError(ValueError):
    """A source that the model cannot read; the message says why."""


@dataclass(eq=False)
class Statement:
    """One statement, or an `except` or `case` clause.

    Attributes:
        kind: `assign`, `if`, `for`, `while`, `with`, `except`, `case`, `def`, `class`, ...
        start: where it begins.
        body: from where to where its first block stands (start inside, end past it); None for a simple statement.
        test: of `if`, `while`, `assert`, and the guard of a `case`.
        value: of an assignment, `return`, `raise`, `for` (the iterable), `match` (the subject), a bare expression.
        roots: the expressions whose working is worth telling, in the order of the source.
        label: the text that a sentence names it by: a pattern, the items of `with`, what follows `raise` or
            `except`, the names that `import` binds, the name that `def` or `class` defines.
    """

    kind: str
    start: Place
    node: cst.CSTNode
    reader: ExpressionReader
    body: tuple[Place, Place] | None = None

    def holds(self, place: Place) -> bool:
        """Does a place stand in the first block?"""
        return self.body is not None and self.body[0] <= place < self.body[1]

    def spans(self, place: Place) -> bool:
        """Does a place stand in the header or the first block?"""
        return self.body is not None and self.start <= place < self.body[1]

    def _read(self, name: str) -> Expression | None:
        node = getattr(self.node, name, None)
        return self.reader.read(node) if isinstance(node, cst.BaseExpression) else None

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
            case cst.Assign(targets=targets):
                return [self.reader.read(target.target) for target in targets]
            case cst.AugAssign(target=target) | cst.AnnAssign(target=target) | cst.For(target=target):
                return [self.reader.read(target)]
            case cst.Del(target=target):
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
    def roots(self) -> list[Expression]:
        found = [index for target in self.targets for index in _indices(target)]
        match self.node:
            case cst.With(items=items):
                found += [self.reader.read(item.item) for item in items]
            case cst.Raise(exc=cst.Call(args=args)):
                found += [self.reader.read(arg.value) for arg in args]
        if self.kind == "expression" and self.value is not None and self.value.kind == "call":
            method = self.value.word.startswith(".")
            found += (self.value.parts[0].parts if method else []) + self.value.parts[method:]
        elif self.kind not in ("raise", "with") and self.value is not None:
            found.append(self.value)
        return found + ([self.test] if self.test is not None else [])

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
            case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                return name.value
            case cst.Import(names=names):
                return ", ".join(_bound(alias) for alias in names)
            case cst.ImportFrom(names=names):
                return "*" if isinstance(names, cst.ImportStar) else ", ".join(_bound(alias) for alias in names)
            case cst.Raise(exc=exc) as node:
                return one_line(self._slice(node), "exec").removeprefix("raise").strip() if exc is not None else ""
            case cst.ExceptHandler(type=caught, name=name) | cst.ExceptStarHandler(type=caught, name=name):
                if caught is None:
                    return ""
                text = self._outer(caught)
                return f"{text} as {_code(name.name)}" if name is not None else text
            case cst.With(items=items):
                texts = [
                    self._outer(item.item) + (f" as {_code(item.asname.name)}" if item.asname else "") for item in items
                ]
                return ", ".join(texts)
            case cst.MatchCase(pattern=pattern):
                return _code(pattern)
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
        if isinstance(self.node, cst.With):
            return self.reader.read(self.node.items[0].item).text
        if self.kind == "except":
            return f"except {self.label}".strip()
        if self.body is None:
            return one_line(self._slice(self.node), "exec")
        return self.label

    @cached_property
    def heading(self) -> str:
        """Of a `for` statement, its header without the colon."""
        if not isinstance(self.node, cst.For):
            return self.text
        return f"for {self._outer(self.node.target)} in {self._outer(self.node.iter)}"

    @cached_property
    def returned(self) -> str:
        """What stands after `return`, with its parentheses."""
        return self._outer(self.node.value) if isinstance(self.node, cst.Return) and self.node.value is not None else ""

    def _slice(self, node: cst.CSTNode) -> str:
        where, reader = self.reader.positions[node], self.reader
        start, end = (
            reader.offset(where.start.line, where.start.column),
            reader.offset(where.end.line, where.end.column),
        )
        return reader.source[start:end]

    def _outer(self, node: cst.BaseExpression) -> str:
        found = self.reader.read(node)
        return one_line(self.reader.source[found.outer_start : found.outer_end])


def _code(node: cst.CSTNode) -> str:
    return " ".join(cst.Module([]).code_for_node(node).split())


def _bound(alias: cst.ImportAlias) -> str:
    if alias.asname is not None:
        return _code(alias.asname.name)
    return _code(alias.name).split(".")[0]


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
    """

    source: str
    statements: dict[Place, Statement] = field(default_factory=dict)
    has_coroutines: bool = False

    def statement(self, span: Span) -> Statement | None:
        """The statement that a trace's span begins with."""
        return self.statements.get((span[0], span[1]))


class _Walk:
    """One pass over a module's blocks."""

    def __init__(self, source: str, module: cst.Module) -> None:
        self.positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
        self.reader = ExpressionReader(source, dict(self.positions))
        self.model = ProgramModel(source)

    def start(self, node: cst.CSTNode) -> Place:
        where = self.positions[node].start
        return where.line, where.column

    def add(self, kind: str, node: cst.CSTNode, start: Place, body: tuple[Place, Place] | None = None) -> None:
        self.model.statements[start] = Statement(kind, start, node, self.reader, body)

    def block(self, statements: Iterable[cst.CSTNode]) -> tuple[Place, Place] | None:
        """Reads a block; from where its first statement begins to where its last ends."""
        first: Place | None = None
        last: cst.CSTNode | None = None
        for statement in statements:
            first = first or self.start(statement)
            last = statement
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    self.add(_SIMPLE.get(type(small), "other"), small, self.start(small))
            elif isinstance(statement, cst.BaseSmallStatement):
                self.add(_SIMPLE.get(type(statement), "other"), statement, self.start(statement))
            else:
                self.compound(statement)
        if first is None or last is None:
            return None
        end = self.positions[last].end
        return first, (end.line, end.column)

    def suite(self, suite: cst.BaseSuite) -> tuple[Place, Place] | None:
        body: Sequence[cst.CSTNode] = suite.body
        return self.block(body)

    def compound(self, node: cst.CSTNode) -> None:
        self.model.has_coroutines |= getattr(node, "asynchronous", None) is not None
        match node:
            case cst.FunctionDef(body=body, decorators=decorators) | cst.ClassDef(body=body, decorators=decorators):
                kind = "def" if isinstance(node, cst.FunctionDef) else "class"
                inner = self.suite(body)
                self.add(kind, node, self.start(node), inner)
                if decorators:
                    self.add(kind, node, self.start(decorators[0]), inner)
            case cst.If(body=body, orelse=orelse):
                self.add("if", node, self.start(node), self.suite(body))
                self.follow(orelse)
            case cst.For(body=body, orelse=orelse) | cst.While(body=body, orelse=orelse):
                kind = "for" if isinstance(node, cst.For) else "while"
                self.add(kind, node, self.start(node), self.suite(body))
                self.follow(orelse)
            case cst.With(body=body):
                self.add("with", node, self.start(node), self.suite(body))
            case cst.Try() | cst.TryStar():
                self.suite(node.body)
                for handler in node.handlers:
                    self.add("except", handler, self.start(handler), self.suite(handler.body))
                self.follow(node.orelse)
                self.follow(node.finalbody)
            case cst.Match(cases=cases):
                self.add("match", node, self.start(node))
                for case in cases:
                    self.case(case)

    def follow(self, node: cst.CSTNode | None) -> None:
        """Reads an `elif`, `else` or `finally`."""
        if isinstance(node, cst.If):
            self.compound(node)
        elif isinstance(node, cst.Else | cst.Finally):
            self.suite(node.body)

    def case(self, case: cst.MatchCase) -> None:
        inner = self.suite(case.body)
        starts = {self.start(case.pattern)}
        if parentheses := getattr(case.pattern, "lpar", ()):
            starts.add(self.start(parentheses[0]))
        for start in starts:
            self.add("case", case, start, inner)


def _parse(source: str) -> cst.Module:
    """The module; where libcst takes no indentation that mixes tabs and spaces, with a space for each tab."""
    try:
        return cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        if "dedent" not in error.message:
            raise ProgramError(f"line {error.raw_line}: {error.message}") from error
    try:
        return cst.parse_module(_INDENTATION.sub(lambda found: " " * len(found.group()), source))
    except cst.ParserSyntaxError as error:
        raise ProgramError(f"line {error.raw_line}: {error.message}") from error


@lru_cache(maxsize=32)
def read_program(source: str) -> ProgramModel:
    """The model of a source.

    Raises:
        ProgramError: the parser of this room cannot read it.
    """
    module = _parse(source)
    walk = _Walk(source, module)
    walk.block(module.body)
    return walk.model
