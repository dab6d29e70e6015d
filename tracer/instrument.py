"""Rewrites a program's syntax tree so that running it leaves in a buffer what the recorder must know.

What is written into the program is in `tracer.forms`; here are its statements. Each gets one line number of
its own, so that a `line` event is a statement about to run: its real first line, or a number past the end of
the file where another statement begins on that line.
"""

import ast
from dataclasses import replace

from tracer.effects import change_of_operator
from tracer.events import Span
from tracer.expressions import Expressions
from tracer.inner_scopes import COMPREHENSIONS
from tracer.notes import Course, NoteMaker, last_evaluated, stores_once
from tracer.probe_maker import LOCATED, ProbeMaker, copy_place
from tracer.scopes import BLOCKS, FUNCTIONS, collect_names, header_of, read_scope
from tracer.statements import Instrumented, Statement
from tracer.targets import instrument_augmented, instrument_target

_SILENT = (ast.Try, ast.TryStar, ast.Global, ast.Nonlocal)
_NOTED_AFTER = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete, ast.Expr, ast.Import, ast.ImportFrom)
_NOTED_INSIDE = (ast.For, ast.AsyncFor, ast.With, ast.AsyncWith)


class _Instrumenter:
    """One pass over a tree; `offset` lines stand before its text."""

    def __init__(self, source: str, result: Instrumented, probe: str, *, native: bool, offset: int = 0) -> None:
        self._names = result.names
        self._effects = result.names.effects
        self._result = result
        self._maker = ProbeMaker(source, result, probe, native=native, offset=offset)
        self._expressions = Expressions(self._maker)
        self._overflow = max([offset + source.count("\n") + 1, *result.statements]) + 1
        self._in_class = False

    def module(self, tree: ast.Module) -> None:
        """The whole program."""
        self._maker.scope = read_scope(tree, self._names, function=False)
        if self._maker.scope.slow:
            self._result.slow.add(0)
        self._block(tree.body)

    def expression(self, node: ast.Expression) -> None:
        """A lone expression, as one statement."""
        span = self._maker.span(node.body)
        line = self._line_of(span[0])
        self._result.statements[line] = Statement(span, prints=True, reads=True)
        node.body = self._expressions.wrap(node.body)
        for part in ast.walk(node):
            self._move(part, line)

    def _block(self, body: list[ast.stmt]) -> None:
        done: list[ast.stmt] = []
        for statement in body:
            done.append(statement)
            note = self._statement(statement)
            if note is not None:
                done.append(note)
        body[:] = done

    def _line_of(self, line: int) -> int:
        if line not in self._result.statements:
            return line
        self._overflow += 1
        return self._overflow

    def _statement(self, node: ast.stmt) -> ast.stmt | None:
        """Instruments a statement and what is in it; gives the note that belongs behind it."""
        span = self._maker.span(node)
        line = 0
        if not isinstance(node, _SILENT):
            line = self._line_of(span[0])
            self._result.statements[line] = Statement(span)
        self._maker.note = None if self._in_class else self._begin_note(node)
        note = self._maker.note
        self._maker.touches = False
        self._maker.running = node
        if isinstance(node, (ast.ClassDef, *FUNCTIONS)):
            self._place(node, line)
            self._definition(node, line)
            if note is not None:
                note.bind(node.name)
            return self._maker.write_note(note, line)
        described = self._describe(node, span)
        self._header_expressions(node)
        if line:
            acts = self._maker.touches or (note is not None and bool(note.actions))
            self._result.statements[line] = replace(described, acts=acts)
        self._place(node, line)
        for block in BLOCKS:
            self._block(getattr(node, block, []))
        for handler in getattr(node, "handlers", []):
            self._clause(handler, self._maker.span(handler))
        for case in getattr(node, "cases", []):
            self._maker.note = None
            if case.guard is not None:
                case.guard = self._expressions.wrap(case.guard)
            self._clause(case, self._maker.span(case.pattern))
        written = self._maker.write_note(note, line)
        if written is not None and isinstance(node, _NOTED_INSIDE):
            node.body.insert(0, written)
            return None
        return written

    def _begin_note(self, node: ast.stmt) -> NoteMaker | None:
        if not isinstance(node, (*_NOTED_AFTER, *_NOTED_INSIDE, ast.ClassDef, *FUNCTIONS)):
            return None
        course = Course() if isinstance(node, (ast.ClassDef, *FUNCTIONS)) else self._course(node)
        return NoteMaker(self._maker.scope, self._names, self._maker.owner, course)

    def _course(self, node: ast.stmt) -> Course:
        rebound: set[str] = set()
        calls = False
        for part in header_of(node):
            if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
                rebound.add(part.id)
            elif isinstance(part, ast.Call):
                calls |= self._effects.runs_code(part)
            elif isinstance(part, (ast.Yield, ast.YieldFrom, ast.Await)):
                calls = True
        names = self._names
        return Course(
            frozenset(rebound),
            steady=not (calls or names.overloads),
            last=None if names.overloads else last_evaluated(node),
            stores_last=stores_once(node) or not (calls or names.setters),
        )

    def _definition(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, line: int) -> None:
        kept = self._maker.scope, self._maker.owner, self._in_class
        if isinstance(node, ast.ClassDef):
            self._maker.owner, self._in_class = node.name, True
        else:
            self._in_class = False
            self._maker.scope = read_scope(node, self._names, function=True, nested=self._maker.scope.function)
            if self._maker.scope.slow:
                self._result.slow.add(line)
        self._block(node.body)
        self._maker.scope, self._maker.owner, self._in_class = kept

    def _clause(self, node: ast.ExceptHandler | ast.match_case, span: Span) -> None:
        line = self._line_of(span[0])
        self._result.statements[line] = Statement(span)
        self._place(node, line)
        self._block(node.body)

    def _describe(self, node: ast.stmt, span: Span) -> Statement:
        parts = list(header_of(node))
        ends = isinstance(node, (ast.For, ast.AsyncFor)) or any(isinstance(part, ast.YieldFrom) for part in parts)
        calls = [part for part in parts if isinstance(part, ast.Call)]
        prints = any(self._effects.prints(call.func) for call in calls)
        if self._names.prints_aside or self._names.wild:
            prints |= bool(calls) or isinstance(node, (ast.For, ast.With))
        iterates = any(isinstance(part, (*COMPREHENSIONS, ast.Starred, ast.Tuple, ast.Compare)) for part in parts)
        reads = prints
        if self._names.reads_aside:
            reads |= bool(calls) or iterates or isinstance(node, (ast.For, ast.With))
        augments = isinstance(node, ast.AugAssign) and not isinstance(node.target, ast.Name)
        return Statement(span, ends_iteration=ends, prints=prints, reads=reads, augments=augments)

    def _place(self, node: ast.AST, line: int) -> None:
        """Puts everything that belongs to a statement's own header on one line."""
        if line:
            self._move(node, line)
        for part in header_of(node):
            self._move(part, line or getattr(node, "lineno", 1))

    @staticmethod
    def _move(node: ast.AST, line: int) -> None:
        if isinstance(node, LOCATED):
            several = node.end_lineno != node.lineno
            node.lineno = node.end_lineno = line
            if several:
                node.end_col_offset = max(node.end_col_offset or 0, node.col_offset)

    def _header_expressions(self, node: ast.stmt) -> None:
        """Wraps the expressions of a statement's header."""
        match node:
            case ast.While(test=ast.Constant()):
                # A constant test is compiled away, and with it the event of each iteration.
                node.test = self._maker.probe(
                    node.test, node.test, self._maker.spans or self._maker.level == "branches"
                )
            case ast.If() | ast.While() | ast.Assert():
                node.test = self._test(node.test)
                if isinstance(node, ast.Assert) and node.msg is not None:
                    node.msg = self._expressions.wrap(node.msg)
            case ast.AnnAssign():
                node.value = node.value and self._expressions.wrap(node.value)
                if node.value is not None:
                    node.target = self._target(node.target)  # type: ignore[assignment]
            case ast.Assign():
                node.value = self._expressions.wrap(node.value)
                node.targets = [self._target(target) for target in node.targets]
            case ast.Delete():
                node.targets = [self._target(target) for target in node.targets]
            case ast.AugAssign():
                node.target = instrument_augmented(
                    node.target, change_of_operator(node.op), self._maker, self._expressions
                )  # type: ignore[assignment]
                node.value = self._expressions.wrap(node.value)
            case ast.For() | ast.AsyncFor():
                # Where no iteration follows, no note is made of what the expression has changed.
                note, self._maker.note = self._maker.note, None
                node.iter = self._expressions.wrap(node.iter)
                self._maker.note = note
                node.target = self._target(node.target)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    item.context_expr = self._expressions.wrap(item.context_expr)
                    if item.optional_vars is not None:
                        item.optional_vars = self._target(item.optional_vars)
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.Return() | ast.Expr():
                node.value = node.value and self._expressions.wrap(node.value)
            case ast.Raise():
                node.exc = node.exc and self._expressions.wrap(node.exc)
                node.cause = node.cause and self._expressions.wrap(node.cause)
            case ast.Match():
                node.subject = self._expressions.wrap(node.subject)
            case ast.Import(names=parts) | ast.ImportFrom(names=parts) if self._maker.note is not None:
                for part in parts:
                    if part.name != "*":
                        self._maker.note.bind(part.asname or part.name.partition(".")[0])

    def _target(self, target: ast.expr) -> ast.expr:
        return instrument_target(target, self._maker, self._expressions)

    def _test(self, test: ast.expr) -> ast.expr:
        if self._maker.level != "branches":
            return self._expressions.wrap(test)
        spare = copy_place(test)
        return self._maker.probe(spare, self._expressions.wrap(test), spanned=True)


def instrument(source: str, probe: str = "full", *, native: bool = False) -> Instrumented:
    """The program of `source` with probes (`none`, `branches` or `full`), notes, and a line for each statement.

    Raises:
        SyntaxError: the source is no program.
    """
    tree = ast.parse(source)
    names = collect_names(source, tree)
    result = Instrumented(tree, names=names)
    _Instrumenter(source, result, probe, native=native).module(tree)
    return result


def instrument_call(
    program: Instrumented, source: str, call: str, probe: str, *, native: bool = False
) -> ast.Expression:
    """A call of the program of `source`, whose statement stands on a line behind it and joins its tables.

    Raises:
        SyntaxError: the call is no expression.
    """
    tree = ast.parse(call, mode="eval")
    offset = source.count("\n") + (not source.endswith("\n") and bool(source))
    _Instrumenter(call, program, probe, native=native, offset=offset).expression(tree)
    return tree
