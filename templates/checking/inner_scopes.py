"""The checker's own reading of comprehensions and lambdas: what each binds, and what it evaluates for its own sake."""

import ast
from dataclasses import dataclass, field

from templates.checking.source_index import SourceIndex, Statement
from tracer.events import Span

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_WITHOUT_VALUE = (ast.Constant, ast.Lambda, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Starred, ast.Slice)


@dataclass(eq=False)
class InnerScope:
    """A comprehension or a lambda.

    Attributes:
        statement: what it evaluates, as a statement whose expressions can be found.
        clauses: the names that each `for` clause binds; of a lambda, its parameters.
        ends_with: the expression with whose value a lambda's call is over, None where no trace tells that.
        is_key: whether it is a lambda that is given as `key=`.
        consumer: the name of the function that it is the only argument of.
    """

    node: ast.expr
    above: "InnerScope | None"
    statement: Statement
    clauses: list[tuple[str, ...]] = field(default_factory=list)
    ends_with: ast.expr | None = None
    is_key: bool = False
    consumer: str = ""

    @property
    def outlasts(self) -> bool:
        """May it go on after its statement?"""
        return isinstance(self.node, ast.GeneratorExp)

    @property
    def is_late(self) -> bool:
        """May it run when what stands around it is over?"""
        return isinstance(self.node, (ast.GeneratorExp, ast.Lambda))

    def sees(self, name: str) -> bool:
        """Does it or one around it that goes on meanwhile bind the name?"""
        if any(name in names for names in self.clauses):
            return True
        return not self.is_late and self.above is not None and self.above.sees(name)


@dataclass(eq=False)
class InnerPlace:
    """What a record at a span says: a name that is bound (`name`), or an expression's value.

    Attributes:
        opens: whether a round of that clause, or a call, begins with it.
        whole: the expression that is worked out once this one has its value, and what it is to its scope: `iterable`,
            `test`, `element`, `key`, `value` or `body`.
    """

    scope: InnerScope
    node: ast.AST
    name: str = ""
    clause: int = 0
    opens: bool = False
    whole: tuple[ast.expr, str] | None = None


def inner_places(index: SourceIndex, tree: ast.AST) -> dict[Span, InnerPlace]:
    """What the trace may tell of in comprehensions and lambdas, by span."""
    reader = _Reader(index)
    reader.read(tree, None)
    return reader.places


class _Reader:
    def __init__(self, index: SourceIndex) -> None:
        self.index = index
        self.places: dict[Span, InnerPlace] = {}
        self._consumers: dict[ast.AST, str] = {}

    def read(self, node: ast.AST, scope: InnerScope | None, key: bool = False) -> None:
        if scope is not None and isinstance(node, ast.expr):
            self.places.setdefault(self.index.span(node), InnerPlace(scope, node))
        if isinstance(node, ast.Lambda):
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    self.read(default, scope)
            self._lambda(node, scope, key)
        elif isinstance(node, _COMPREHENSIONS):
            self._comprehension(node, scope)
        else:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
                self._consumers[node.args[0]] = node.func.id
            for child in ast.iter_child_nodes(node):
                self.read(child, scope, isinstance(node, ast.keyword) and node.arg == "key")

    def _made(self, node: ast.expr, above: InnerScope | None, parts: list[ast.expr]) -> InnerScope:
        statement = Statement(ast.Expr(node), self.index.span(node), None, (), tuple(parts), frozenset(), False)
        return InnerScope(node, above, statement)

    def _lambda(self, node: ast.Lambda, above: InnerScope | None, key: bool) -> None:
        scope = self._made(node, above, [node.body])
        scope.is_key = key
        args = node.args
        rest = [arg for arg in (args.vararg, args.kwarg) if arg is not None]
        self._bind([(arg, arg.arg) for arg in [*args.posonlyargs, *args.args, *args.kwonlyargs, *rest]], scope)
        self.read(node.body, scope)
        self._whole(node.body, "body", scope)
        if not isinstance(node.body, (*_WITHOUT_VALUE, ast.Name)) and not _is_number(node.body):
            scope.ends_with = node.body

    def _comprehension(self, node: ast.expr, above: InnerScope | None) -> None:
        assert isinstance(node, _COMPREHENSIONS)
        made = [(node.key, "key"), (node.value, "value")] if isinstance(node, ast.DictComp) else [(node.elt, "element")]
        clauses = node.generators
        parts = [clause.iter for clause in clauses[1:]] + [test for clause in clauses for test in clause.ifs]
        scope = self._made(node, above, parts + [part for part, _ in made])
        scope.consumer = self._consumers.get(node, "")
        for number, clause in enumerate(clauses):
            self.read(clause.iter, scope if number else above)
            if number:
                self._whole(clause.iter, "iterable", scope)
            self._bind([(name, name.id) for name in _bound(clause.target)], scope)
            for test in clause.ifs:
                self.read(test, scope)
                self._whole(test, "test", scope)
        for part, role in made:
            self.read(part, scope)
            self._whole(part, role, scope)

    def _bind(self, found: list[tuple[ast.AST, str]], scope: InnerScope) -> None:
        clause = len(scope.clauses)
        scope.clauses.append(tuple(name for _, name in found))
        for number, (node, name) in enumerate(found):
            self.places[self.index.span(node)] = InnerPlace(scope, node, name, clause, opens=number == 0)

    def _whole(self, node: ast.expr, role: str, scope: InnerScope) -> None:
        last = None if isinstance(node, ast.Name) else _last(node)
        if last is not None:
            self.places[self.index.span(last)].whole = (node, role)


def _bound(target: ast.expr) -> list[ast.Name]:
    if isinstance(target, ast.Name):
        return [target]
    if isinstance(target, (ast.Tuple, ast.List)):
        return [name for part in target.elts for name in _bound(part)]
    return _bound(target.value) if isinstance(target, ast.Starred) else []


def _is_number(node: ast.expr) -> bool:
    """Is it a number with a sign, which the trace tells no more of than of one without?"""
    return isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)


def _last(node: ast.expr) -> ast.expr | None:
    """What of an expression has a value in the trace last; names, whose values go without saying, left aside."""
    if isinstance(node, (ast.Name, ast.Constant, ast.Lambda)) or _is_number(node):
        return None
    if not isinstance(node, _WITHOUT_VALUE):
        return node
    parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
    if isinstance(node, ast.Dict):
        parts = [part for pair in zip(node.keys, node.values, strict=True) for part in pair if part is not None]
    return next((found for part in reversed(parts) if (found := _last(part)) is not None), None)
