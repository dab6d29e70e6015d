"""Rewrites a program's syntax tree so that running it leaves the values of its sub-expressions in a buffer.

An expression `e` becomes `(append((k, e)) or buffer[-1][1])`: two C calls on one deque, so a probe
makes no frame, no event and no recursion depth, and `e` is evaluated once, where it stood. Each
statement gets one line number of its own, so that a `line` event is a statement about to run: its
real first line, or a number past the end of the file where another statement begins on that line.
"""

import ast
from dataclasses import dataclass, field
from typing import TypeVar

from tracer.events import Span

APPEND, BUFFER = "__nlex_append__", "__nlex_probes__"
TOUCH = 0
"""The probe that has no span: its value is only looked at for changes."""

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PROBED = (
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Call,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.BoolOp,
    ast.IfExp,
    ast.JoinedStr,
    ast.NamedExpr,
    ast.Yield,
    ast.YieldFrom,
    ast.Await,
    *_COMPREHENSIONS,
)
_LOCATED = (ast.expr, ast.stmt, ast.excepthandler, ast.pattern, ast.arg, ast.keyword, ast.alias)
_SILENT = (ast.Try, ast.TryStar, ast.Global, ast.Nonlocal)
Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True)
class Statement:
    """What the recorder must know of a statement.

    Attributes:
        augmented: the name that an augmented assignment changes, which no probe sees.
        augmented_item: probes of the object and the key, for one that changes an element; the key is
            a probe's number, or the constant itself in a tuple of one.
        front: the statement's text works at the front of a list or deque.
    """

    span: Span
    is_for: bool = False
    augmented: str | None = None
    augmented_item: tuple[int, int | tuple[object]] | None = None
    front: bool = False


@dataclass
class Instrumented:
    """A program ready to be compiled, and what its line numbers and probes stand for.

    Attributes:
        statements: by line number of the rewritten tree.
        spans: of the probes, by number; number 0 is `TOUCH`.
        stored: every name that the program binds or deletes anywhere.
        shared: names that a `global` statement declares.
    """

    tree: ast.Module
    statements: dict[int, Statement] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=lambda: [(0, 0, 0, 0)])
    stored: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)


def _works_at_front(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="popleft" | "appendleft" | "extendleft"):
            return True
        case ast.Call(func=ast.Attribute(attr="pop" | "insert"), args=[ast.Constant(value=0), *_]):
            return True
        case ast.Delete(targets=[ast.Subscript(slice=ast.Constant(value=0))]):
            return True
    return False


class _Columns:
    """Turns the byte columns of `ast` into character columns."""

    def __init__(self, source: str) -> None:
        self._lines = source.split("\n")
        self._plain = source.isascii()

    def _column(self, line: int, column: int) -> int:
        if self._plain or self._lines[line - 1].isascii():
            return column
        return len(self._lines[line - 1].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass"))

    def span(self, node: ast.AST) -> Span:
        line, end = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
        return (
            line,
            self._column(line, getattr(node, "col_offset", 0)),
            end,
            self._column(end, getattr(node, "end_col_offset", 0)),
        )


class _Instrumenter:
    """One pass over a tree."""

    def __init__(self, source: str, tree: ast.Module, probe: str) -> None:
        self.columns = _Columns(source)
        self.probe = probe
        self.result = Instrumented(tree)
        self._overflow = source.count("\n") + 2
        self._aliases: set[str] = set()

    def run(self) -> Instrumented:
        for node in ast.walk(self.result.tree):
            self._note_names(node)
        self._block(self.result.tree.body, probing=True)
        return self.result

    def _note_names(self, node: ast.AST) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                self.result.stored.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self.result.stored.add(name)
            case ast.alias(name=name, asname=other):
                self.result.stored.add(other or name.split(".")[0])
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self.result.stored.add(name)
            case ast.MatchMapping(rest=str(name)):
                self.result.stored.add(name)
            case ast.Global(names=names):
                self.result.shared.update(names)
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._aliases |= {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
        elif isinstance(node, ast.arg):
            self._aliases.add(node.arg)

    # Statements.

    def _block(self, body: list[ast.stmt], probing: bool) -> None:
        for statement in body:
            self._statement(statement, probing)

    def _line_of(self, line: int) -> int:
        if line not in self.result.statements:
            return line
        self._overflow += 1
        return self._overflow

    def _statement(self, node: ast.stmt, probing: bool) -> None:
        span = self.columns.span(node)
        line = 0
        if not isinstance(node, _SILENT):
            line = self._line_of(span[0])
            self.result.statements[line] = Statement(span)
        if isinstance(node, (ast.ClassDef, *_FUNCTIONS)):
            self._place(node, line)
            self._block(node.body, probing=not isinstance(node, ast.ClassDef))
            return
        if probing:
            self._expressions(node)
        if line:
            self.result.statements[line] = self._describe(node, span)
        self._place(node, line)
        for block in ("body", "orelse", "finalbody"):
            self._block(getattr(node, block, []), probing)
        for handler in getattr(node, "handlers", []):
            self._clause(handler, self.columns.span(handler), probing)
        for case in getattr(node, "cases", []):
            if probing and self.probe == "full" and case.guard is not None:
                case.guard = self._wrap(case.guard)
            self._clause(case, self.columns.span(case.pattern), probing)

    def _clause(self, node: ast.ExceptHandler | ast.match_case, span: Span, probing: bool) -> None:
        line = self._line_of(span[0])
        self.result.statements[line] = Statement(span)
        self._place(node, line)
        self._block(node.body, probing)

    def _describe(self, node: ast.stmt, span: Span) -> Statement:
        front = any(_works_at_front(part) for part in ast.walk(node)) if not hasattr(node, "body") else False
        match node:
            case ast.AugAssign(target=ast.Name(id=name)):
                return Statement(span, augmented=name, front=front)
            case ast.AugAssign(target=ast.Subscript() as target):
                return Statement(span, augmented_item=self._item_probes(target.value, target.slice), front=front)
            case ast.AugAssign(target=ast.Attribute() as target):
                number = self._number(target.value)
                item: tuple[int, tuple[object]] | None = None if number is None else (number, (target.attr,))
                return Statement(span, augmented_item=item, front=front)
        return Statement(span, is_for=isinstance(node, (ast.For, ast.AsyncFor)), front=front)

    def _item_probes(self, container: ast.expr, key: ast.expr) -> tuple[int, int | tuple[object]] | None:
        number = self._number(container)
        if number is None:
            return None
        if isinstance(key, ast.Constant):
            return number, (key.value,)
        index = self._number(key)
        return None if index is None else (number, index)

    @staticmethod
    def _number(wrapped: ast.expr) -> int | None:
        """The number of the probe that an expression was wrapped in."""
        match wrapped:
            case ast.BoolOp(
                values=[ast.Call(func=ast.Name(id=name), args=[ast.Tuple(elts=[ast.Constant(value=k), _])]), _]
            ):
                return int(k) if name == APPEND and isinstance(k, int) else None
        return None

    def _place(self, node: ast.AST, line: int) -> None:
        """Puts everything that belongs to a statement's own header on one line."""
        if line:
            self._move(node, line)
        for name, value in ast.iter_fields(node):
            if name in ("body", "orelse", "finalbody", "handlers", "cases") and isinstance(value, list):
                continue
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.AST):
                    for inner in ast.walk(part):
                        self._move(inner, line or getattr(node, "lineno", 1))

    @staticmethod
    def _move(node: ast.AST, line: int) -> None:
        if isinstance(node, _LOCATED):
            several = node.end_lineno != node.lineno
            node.lineno = node.end_lineno = line
            if several:
                node.end_col_offset = max(node.end_col_offset or 0, node.col_offset)

    # Expressions.

    def _expressions(self, node: ast.stmt) -> None:
        """Wraps the expressions of a statement's header."""
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant):
            # A constant test is compiled away, and with it the event of each iteration.
            node.test = self._probe(node.test, node.test, TOUCH if self.probe == "none" else None)
            return
        if self.probe != "full":
            if self.probe == "branches" and isinstance(node, (ast.If, ast.While, ast.Assert)):
                node.test = self._probe(node.test, node.test)
            return
        match node:
            case ast.AnnAssign():
                node.target = self._inside_target(node.target)
                node.value = node.value and self._wrap(node.value)
            case ast.Assign() | ast.Delete():
                node.targets = [self._inside_target(target) for target in node.targets]
                if isinstance(node, ast.Assign):
                    node.value = self._wrap(node.value)
            case ast.AugAssign() | ast.For() | ast.AsyncFor():
                node.target = self._inside_target(node.target)
                if isinstance(node, ast.AugAssign):
                    node.value = self._wrap(node.value)
                else:
                    node.iter = self._wrap(node.iter)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    item.context_expr = self._wrap(item.context_expr)
                    if item.optional_vars is not None:
                        item.optional_vars = self._inside_target(item.optional_vars)
            case ast.If() | ast.While() | ast.Assert():
                node.test = self._wrap(node.test)
                if isinstance(node, ast.Assert) and node.msg is not None:
                    node.msg = self._wrap(node.msg)
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.Return() | ast.Expr():
                node.value = node.value and self._wrap(node.value)
            case ast.Raise():
                node.exc = node.exc and self._wrap(node.exc)
                node.cause = node.cause and self._wrap(node.cause)
            case ast.Match():
                node.subject = self._wrap(node.subject)

    def _inside_target(self, target: Node) -> Node:
        """Wraps what a target evaluates: the object and the key of a subscript, the object of an attribute."""
        match target:
            case ast.Subscript():
                target.value = self._wrap(target.value)
                target.slice = self._wrap(target.slice)
            case ast.Attribute():
                target.value = self._wrap(target.value)
            case ast.Tuple() | ast.List():
                target.elts = [self._inside_target(part) for part in target.elts]
            case ast.Starred():
                target.value = self._inside_target(target.value)
        return target

    def _probe(self, original: ast.expr, inner: ast.expr, number: int | None = None) -> ast.expr:
        """`(append((k, inner)) or buffer[-1][1])`, located where the original stands."""
        if number is None:
            number = len(self.result.spans)
            self.result.spans.append(self.columns.span(original))
        pair = ast.Tuple([ast.Constant(number), inner], ast.Load())
        pair.probe = True  # type: ignore[attr-defined]
        last = ast.Subscript(ast.Name(BUFFER, ast.Load()), ast.UnaryOp(ast.USub(), ast.Constant(1)), ast.Load())
        call = ast.Call(ast.Name(APPEND, ast.Load()), [pair], [])
        whole = ast.BoolOp(ast.Or(), [call, ast.Subscript(last, ast.Constant(1), ast.Load())])
        for part in (pair, pair.elts[0], last, last.value, last.slice, last.slice.operand, call, call.func, whole):  # type: ignore[attr-defined]
            ast.copy_location(part, original)
        ast.copy_location(whole.values[1], original)
        ast.copy_location(whole.values[1].slice, original)  # type: ignore[attr-defined]
        return whole

    def _wrap(self, node: ast.expr) -> ast.expr:
        """An expression with probes around it and around everything it evaluates."""
        match node:
            case ast.Constant():
                return node
            case ast.Starred():
                node.value = self._wrap(node.value)
                return node
            case ast.Lambda():
                node.body = self._touch_inside(node.body)
                return node
        spare = ast.copy_location(ast.Constant(None), node)
        spare.end_lineno, spare.end_col_offset = node.end_lineno, node.end_col_offset
        inner = self._inside(node)
        return self._probe(spare, inner) if isinstance(node, _PROBED) else inner

    def _inside(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.Call():
                node.func = self._callee(node.func)
                node.args = [self._wrap(argument) for argument in node.args]
                for keyword in node.keywords:
                    keyword.value = self._wrap(keyword.value)
            case ast.NamedExpr():
                node.value = self._wrap(node.value)
            case ast.JoinedStr():
                for part in node.values:
                    if isinstance(part, ast.FormattedValue):
                        part.value = self._wrap(part.value)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                first = node.generators[0]
                first.iter = self._wrap(first.iter)
                self._touch_comprehension(node)
            case ast.Name():
                pass
            case _:
                for name, value in ast.iter_fields(node):
                    if isinstance(value, ast.expr):
                        setattr(node, name, self._wrap(value))
                    elif isinstance(value, list):
                        setattr(node, name, [self._wrap(v) if isinstance(v, ast.expr) else v for v in value])
        return node

    def _callee(self, func: ast.expr) -> ast.expr:
        match func:
            case ast.Attribute():
                func.value = self._wrap(func.value)
                return func
            case ast.Name():
                if func.id in self._aliases and func.id != "super":
                    return self._probe(func, func, TOUCH)
                return func
        return self._wrap(func)

    def _touch_comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        if isinstance(node, ast.DictComp):
            node.key, node.value = self._touch_inside(node.key), self._touch_inside(node.value)
        else:
            node.elt = self._touch_inside(node.elt)
        for index, generator in enumerate(node.generators):
            generator.ifs = [self._touch_inside(test) for test in generator.ifs]
            if index:
                generator.iter = self._touch_inside(generator.iter)

    def _touch_inside(self, node: ast.expr) -> ast.expr:
        """Within a lambda or comprehension only what a call may change is looked at."""
        for part in list(ast.walk(node)):
            if not isinstance(part, ast.Call):
                if (
                    isinstance(part, ast.Subscript)
                    and isinstance(part.ctx, ast.Load)
                    and isinstance(part.value, ast.Name)
                ):
                    part.value = self._probe(part.value, part.value, TOUCH)
                continue
            if isinstance(part.func, ast.Attribute) and isinstance(
                part.func.value, (ast.Name, ast.Attribute, ast.Subscript)
            ):
                part.func.value = self._probe(part.func.value, part.func.value, TOUCH)
            elif isinstance(part.func, ast.Name) and part.func.id in self._aliases and part.func.id != "super":
                part.func = self._probe(part.func, part.func, TOUCH)
            part.args = [
                self._probe(argument, argument, TOUCH) if isinstance(argument, (ast.Name, ast.Attribute)) else argument
                for argument in part.args
            ]
        return node


def instrument(source: str, probe: str = "full") -> Instrumented:
    """The program of `source` with probes (`none`, `branches` or `full`) and a line for each statement.

    Raises:
        SyntaxError: the source is no program.
    """
    return _Instrumenter(source, ast.parse(source), probe).run()
