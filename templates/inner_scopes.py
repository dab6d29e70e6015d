"""Comprehensions and lambdas of a program: what is bound and evaluated in each, by the span that the trace gives it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from templates.expressions import Expression, ExpressionReader
from templates.program_model import ProgramModel, Statement
from tracer.events import Span

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_UNTOLD = frozenset({"constant", "lambda", "display", "other"})
"""Kinds of expressions that have no value of their own in a trace."""


@dataclass(eq=False)
class Scope:
    """One comprehension or lambda.

    Attributes:
        parent: the scope that its text stands in, whose names it reads, if any.
        lazy: whether it may run later than where it stands: a generator expression or a lambda.
        names: the names that it binds, by `for` clause; of a lambda, its parameters.
        is_key: whether it is a lambda that is passed as `key=`.
        ends: whether it is a lambda of which a trace tells when a call is over.
        consumer: `any` or `all`, where it is a generator expression that goes straight into that.
    """

    node: Comprehension | ast.Lambda
    parent: "Scope | None"
    lazy: bool
    names: list[tuple[str, ...]] = field(default_factory=list)
    is_key: bool = False
    ends: bool = False
    consumer: str = ""

    @property
    def lasts(self) -> bool:
        """May it go on when the statement that it began in is over?"""
        return isinstance(self.node, ast.GeneratorExp)


@dataclass(eq=False)
class Root:
    """An expression that a scope evaluates for its own sake.

    Attributes:
        role: `iterable`, `test`, `element`, `key`, `value` or `body`.
        statement: it as a statement that works its value out.
        uses: the names of scopes that are read in it, by span.
    """

    scope: Scope
    role: str
    expression: Expression
    statement: Statement
    uses: dict[Span, str]


@dataclass(eq=False)
class Site:
    """What a span in a scope stands for.

    Attributes:
        name: the name that is bound there, empty for an expression; `clause` is the `for` clause that it is in.
        first: whether it is the first name of its clause.
        expression: what is evaluated there.
        root: the root that is worked out once this has its value.
        ends: whether a lambda's call is over then.
    """

    scope: Scope
    name: str = ""
    clause: int = 0
    first: bool = False
    expression: Expression | None = None
    root: Root | None = None
    ends: bool = False


@lru_cache(maxsize=64)
def sites_of(model: ProgramModel) -> dict[Span, Site]:
    """Every place in a program's comprehensions and lambdas that a trace may tell of."""
    found = _Sites(model.reader)
    found.visit(model.tree, None)
    if found.consumers and any(map(_binds_consumer, ast.walk(model.tree))):
        for site in found.sites.values():
            site.scope.consumer = ""
    return found.sites


def _binds_consumer(node: ast.AST) -> bool:
    """Does a node give the name of `any` or `all` to something else?"""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.FunctionDef(name=name):
            return name in ("any", "all")
        case ast.ClassDef(name=name) | ast.alias(asname=str(name)) | ast.alias(name=name):
            return name in ("any", "all", "*")
    return False


class _Sites:
    """One walk over a program."""

    def __init__(self, reader: ExpressionReader) -> None:
        self.reader = reader
        self.sites: dict[Span, Site] = {}
        self.consumers: dict[ast.AST, str] = {}

    def visit(self, node: ast.AST, scope: Scope | None, *, is_key: bool = False) -> None:
        """Notes what stands in a node; `scope` is the scope that evaluates it."""
        if scope is not None and isinstance(node, ast.expr):
            self.sites.setdefault(self.reader.span(node), Site(scope, expression=self.reader.read(node)))
        if isinstance(node, ast.Lambda):
            self._lambda(node, scope, is_key=is_key)
        elif isinstance(node, _COMPREHENSIONS):
            self._comprehension(node, scope)
        else:
            match node:
                case ast.Call(func=ast.Name(id="any" | "all" as name), args=[ast.GeneratorExp() as given]):
                    self.consumers[given] = name
            for child in ast.iter_child_nodes(node):
                self.visit(child, scope, is_key=isinstance(node, ast.keyword) and node.arg == "key")

    def _lambda(self, node: ast.Lambda, outer: Scope | None, *, is_key: bool) -> None:
        given = node.args
        for default in (*given.defaults, *given.kw_defaults):
            if default is not None:
                self.visit(default, outer)
        scope = Scope(node, outer, lazy=True, is_key=is_key)
        named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        self._bind([(part, part.arg) for part in named if part is not None], 0, scope)
        self.visit(node.body, scope)
        self._root(node.body, "body", scope)

    def _comprehension(self, node: Comprehension, outer: Scope | None) -> None:
        lazy = isinstance(node, ast.GeneratorExp)
        scope = Scope(node, outer, lazy, consumer=self.consumers.get(node, ""))
        for number, clause in enumerate(node.generators):
            self.visit(clause.iter, scope if number else outer)
            if number:
                self._root(clause.iter, "iterable", scope)
            self._bind([(name, name.id) for name in _names(clause.target)], number, scope)
            for test in clause.ifs:
                self.visit(test, scope)
                self._root(test, "test", scope)
        made = [(node.key, "key"), (node.value, "value")] if isinstance(node, ast.DictComp) else [(node.elt, "element")]
        for part, role in made:
            self.visit(part, scope)
            self._root(part, role, scope)

    def _bind(self, places: list[tuple[ast.AST, str]], clause: int, scope: Scope) -> None:
        scope.names.append(tuple(name for _, name in places))
        for number, (place, name) in enumerate(places):
            self.sites[self.reader.span(place)] = Site(scope, name, clause, first=not number)

    def _root(self, node: ast.expr, role: str, scope: Scope) -> None:
        """Notes what is told when the last of an expression has its value."""
        expression = self.reader.read(node)
        last = _last_told(expression)
        if last is None:
            return
        if role == "body" and last is expression:
            scope.ends = self.sites[last.span].ends = True
        whole = ast.copy_location(ast.Expr(node), node)
        statement = Statement("inside", self.reader.span(node)[:2], whole, self.reader)
        self.sites[last.span].root = Root(scope, role, expression, statement, dict(_uses(expression, scope)))


def _names(target: ast.expr) -> list[ast.Name]:
    """The names that a target binds, from left to right."""
    match target:
        case ast.Name():
            return [target]
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return [name for part in parts for name in _names(part)]
        case ast.Starred(value=value):
            return _names(value)
    return []


def _last_told(expression: Expression) -> Expression | None:
    """What of an expression has a value in the trace last; None for a bare name and what has none."""
    if expression.kind == "name":
        return None
    if expression.kind not in _UNTOLD:
        return expression
    return next((found for part in reversed(expression.parts) if (found := _last_told(part)) is not None), None)


def _uses(expression: Expression, scope: Scope) -> Iterator[tuple[Span, str]]:
    """The names of a scope, or of one around it that is not over, that are read in an expression."""
    if expression.kind == "name":
        around: Scope | None = scope
        while around is not None and not any(expression.word in names for names in around.names):
            around = None if around.lazy else around.parent
        if around is not None:
            yield expression.span, expression.word
    for part in expression.parts:
        yield from _uses(part, scope)
