"""Rewrites a program's syntax tree so that running it leaves the values of its sub-expressions in a buffer.

An expression `e` becomes `(append((k, e)) or buffer[-1][1])`: two C calls on one deque, so a probe
makes no frame, no event and no recursion depth, and `e` is evaluated once, where it stood. Each
statement gets one line number of its own, so that a `line` event is a statement about to run: its
real first line, or a number past the end of the file where another statement begins on that line.
"""

import ast
from dataclasses import dataclass, field
from typing import TypeVar

from tracer.effects import ALWAYS, NEVER, ON_READ, READING_METHODS, Effects, works_at_front
from tracer.events import Span
from tracer.source_columns import SourceColumns

APPEND, BUFFER = "__nlex_append__", "__nlex_probes__"
TOUCH, TOUCH_READ = 0, 1
"""Probes that have no span: their values are only looked at for changes, the second kind as `ON_READ` says."""
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
_PLACES = (ast.Name, ast.Attribute, ast.Subscript)
_SILENT = (ast.Try, ast.TryStar, ast.Global, ast.Nonlocal)
Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True)
class Statement:
    """What the recorder must know of a statement.

    Attributes:
        ends_iteration: a StopIteration here is the quiet end of an iterator.
        augmented: the name that an augmented assignment changes, which no probe sees.
        augmented_item: the element that an augmented assignment changes, as in `items`.
        items: elements and attributes that are assigned: the number of the object's probe, and that of
            the key's, or the constant key itself in a tuple of one.
        front: the statement's text works at the front of a list or deque.
    """

    span: Span
    ends_iteration: bool = False
    augmented: str | None = None
    augmented_item: "Item | None" = None
    items: tuple["Item", ...] = ()
    front: bool = False


Item = tuple[int, int | tuple[object]]


@dataclass
class Instrumented:
    """A program ready to be compiled, and what its line numbers and probes stand for.

    Attributes:
        statements: by line number of the rewritten tree.
        spans: of the probes, by number.
        watch: for each probe `NEVER`, `ALWAYS` or `ON_READ`.
        stored: every name that the program binds or deletes anywhere.
        shared: names that a `global` statement declares.
    """

    tree: ast.Module
    statements: dict[int, Statement] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=lambda: [(0, 0, 0, 0)] * 2)
    watch: list[int] = field(default_factory=lambda: [ALWAYS, ON_READ])
    stored: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)


class _Instrumenter:
    """One pass over a tree."""

    def __init__(self, source: str, tree: ast.Module, probe: str) -> None:
        self.columns = SourceColumns(source)
        self.probe = probe
        self.result = Instrumented(tree)
        self._overflow = source.count("\n") + 2
        self._aliases: set[str] = set()
        self._defined: set[str] = set()
        self._items: list[Item] = []

    def run(self) -> Instrumented:
        for node in ast.walk(self.result.tree):
            self._note_names(node)
        self._effects = Effects(frozenset(self.result.stored), frozenset(self._defined), frozenset(self._aliases))
        self._block(self.result.tree.body, probing=True)
        return self.result

    def _note_names(self, node: ast.AST) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                self.result.stored.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self.result.stored.add(name)
                self._defined.add(name)
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
        self._items = []
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
        front = any(works_at_front(part) for part in ast.walk(node)) if not hasattr(node, "body") else False
        items = tuple(self._items)
        match node:
            case ast.AugAssign(target=ast.Name(id=name)):
                return Statement(span, augmented=name, items=items, front=front)
            case ast.AugAssign(target=ast.Subscript() as target):
                return Statement(span, augmented_item=items[0] if items else None, items=items, front=front)
            case ast.AugAssign(target=ast.Attribute() as target):
                number = self._number(target.value)
                item: Item | None = None if number is None else (number, (target.attr,))
                return Statement(span, augmented_item=item, items=items, front=front)
        ends = isinstance(node, (ast.For, ast.AsyncFor))
        if not hasattr(node, "body"):
            ends = any(isinstance(part, ast.YieldFrom) for part in ast.walk(node))
        return Statement(span, ends_iteration=ends, items=items, front=front)

    def _item_probes(self, container: ast.expr, key: ast.expr) -> Item | None:
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
                single = not isinstance(target.slice, ast.Slice) and isinstance(target.ctx, ast.Store)
                target.value = self._wrap(target.value, NEVER if single else ALWAYS)
                target.slice = self._wrap(target.slice)
                item = self._item_probes(target.value, target.slice) if single else None
                if item is not None:
                    self._items.append(item)
                else:
                    self._watch(target.value)
            case ast.Attribute():
                target.value = self._wrap(target.value, ALWAYS)
            case ast.Tuple() | ast.List():
                target.elts = [self._inside_target(part) for part in target.elts]
            case ast.Starred():
                target.value = self._inside_target(target.value)
        return target

    def _watch(self, wrapped: ast.expr) -> None:
        """Watches the object behind a probe that was made already."""
        number = self._number(wrapped)
        if number is not None:
            self.result.watch[number] = ALWAYS

    def _probe(self, original: ast.expr, inner: ast.expr, number: int | None = None, watch: int = NEVER) -> ast.expr:
        """`(append((k, inner)) or buffer[-1][1])`, located where the original stands."""
        if number is None:
            number = len(self.result.spans)
            self.result.spans.append(self.columns.span(original))
            self.result.watch.append(watch)
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

    def _wrap(self, node: ast.expr, watch: int = NEVER) -> ast.expr:
        """An expression with probes around it and around everything it evaluates."""
        match node:
            case ast.Constant():
                return node
            case ast.Starred():
                node.value = self._wrap(node.value, watch)
                return node
            case ast.Lambda():
                node.body = self._touch_inside(node.body)
                return node
        spare = ast.copy_location(ast.Constant(None), node)
        spare.end_lineno, spare.end_col_offset = node.end_lineno, node.end_col_offset
        inner = self._inside(node)
        return self._probe(spare, inner, watch=watch) if isinstance(node, _PROBED) else inner

    def _inside(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.Call():
                watch = self._effects.on_arguments(node.func)
                node.func = self._callee(node.func)
                node.args = [self._wrap(argument, watch) for argument in node.args]
                for keyword in node.keywords:
                    keyword.value = self._wrap(keyword.value, watch)
            case ast.Subscript():
                node.value = self._wrap(node.value, ON_READ)
                node.slice = self._wrap(node.slice)
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
                func.value = self._wrap(func.value, ON_READ if func.attr in READING_METHODS else ALWAYS)
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
        """Within a lambda or comprehension only what may be changed is looked at."""
        for part in list(ast.walk(node)):
            match part:
                case ast.Subscript(value=ast.Name() as container, ctx=ast.Load()):
                    part.value = self._probe(container, container, TOUCH_READ)
                case ast.Call():
                    self._touch_call(part)
        return node

    def _touch_call(self, call: ast.Call) -> None:
        if self._effects.on_arguments(call.func) == ALWAYS:
            call.args = [
                self._probe(argument, argument, TOUCH) if isinstance(argument, _PLACES) else argument
                for argument in call.args
            ]
        match call.func:
            case ast.Attribute(value=receiver, attr=name) if isinstance(receiver, _PLACES):
                touch = TOUCH_READ if name in READING_METHODS else TOUCH
                call.func.value = self._probe(receiver, receiver, touch)
            case ast.Name(id=name) if name in self._aliases and name != "super":
                call.func = self._probe(call.func, call.func, TOUCH)


def instrument(source: str, probe: str = "full") -> Instrumented:
    """The program of `source` with probes (`none`, `branches` or `full`) and a line for each statement.

    Raises:
        SyntaxError: the source is no program.
    """
    return _Instrumenter(source, ast.parse(source), probe).run()
