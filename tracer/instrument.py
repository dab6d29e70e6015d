"""Rewrites a program's syntax tree so that running it leaves in a buffer what the recorder must know.

A probe turns an expression `e` into `(append((k, e)) or buffer[-1][1])`: two C calls on one deque, so
that it makes no frame, no event and no recursion depth, and `e` is evaluated once, where it stood. A
note is a statement `append((k, x, …))` behind another on the same line: what that has bound and changed.
For the native recorder a probe is `mark[e]` and a note `del mark[x]`, `mark[x] = y` or `del mark[x, …]`,
each with a mark of its own: fewer instructions than a call. Each statement
gets one line number of its own, so that a `line` event is a statement about to run: its real first
line, or a number past the end of the file where another statement begins on that line.
"""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tracer.effects import (
    ANY,
    CALLED,
    HARMLESS_BUILTINS,
    INSERTED,
    KEYED,
    NOTHING,
    WRITING_METHODS,
    change_of_method,
    change_of_operator,
)
from tracer.events import Span
from tracer.notes import Course, NoteMaker, last_evaluated, mangle, stores_once
from tracer.scopes import FUNCTIONS, Names, Scope, collect_names, read_scope
from tracer.source_columns import SourceColumns
from tracer.statements import (
    ATTRIBUTE,
    CHANGE_ATTRIBUTE,
    CHANGE_ITEM,
    ITEM,
    LOOK_KEY,
    Instrumented,
    Note,
    Probe,
    Statement,
)

APPEND, BUFFER = "__nlex_append__", "__nlex_probes__"
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
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
_NOTED_AFTER = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete, ast.Expr, ast.Import, ast.ImportFrom)
_NOTED_INSIDE = (ast.For, ast.AsyncFor, ast.With, ast.AsyncWith)
_BLOCKS = ("body", "orelse", "finalbody")


class _Instrumenter:
    """One pass over a tree; `offset` lines stand before its text."""

    def __init__(
        self, source: str, names: Names, result: Instrumented, probe: str, *, native: bool, offset: int = 0
    ) -> None:
        self._columns = SourceColumns(source)
        self._names = names
        self._effects = names.effects
        self._result = result
        self._level = probe
        self._native = native
        self._offset = offset
        self._overflow = max([offset + source.count("\n") + 1, *result.statements]) + 1
        self._scope = Scope(function=False)
        self._owner = ""
        self._in_class = False
        self._note: NoteMaker | None = None
        self._spans = probe == "full"
        self._certain = True
        self._touches = False

    # Statements.

    def module(self, tree: ast.Module) -> None:
        """The whole program."""
        self._scope = read_scope(tree, self._names, function=False)
        if self._scope.slow:
            self._result.slow.add(0)
        self._block(tree.body)

    def expression(self, node: ast.Expression) -> None:
        """A lone expression, as one statement."""
        span = self._span(node.body)
        line = self._line_of(span[0])
        self._result.statements[line] = Statement(span, prints=True, reads=True)
        node.body = self._wrap(node.body)
        for part in ast.walk(node):
            self._move(part, line)

    def _span(self, node: ast.AST) -> Span:
        line, column, end, end_column = self._columns.span(node)
        return line + self._offset, column, end + self._offset, end_column

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
        span = self._span(node)
        line = 0
        if not isinstance(node, _SILENT):
            line = self._line_of(span[0])
            self._result.statements[line] = Statement(span)
        self._note = None if self._in_class else self._begin_note(node)
        note = self._note
        self._touches = False
        if isinstance(node, (ast.ClassDef, *FUNCTIONS)):
            self._place(node, line)
            self._definition(node, line)
            if note is not None:
                note.bind(node.name)
            return self._write_note(note, line)
        described = self._describe(node, span)
        self._expressions(node)
        if line:
            acts = self._touches or (note is not None and bool(note.actions))
            self._result.statements[line] = replace(described, acts=acts)
        self._place(node, line)
        for block in _BLOCKS:
            self._block(getattr(node, block, []))
        for handler in getattr(node, "handlers", []):
            self._clause(handler, self._span(handler))
        for case in getattr(node, "cases", []):
            self._note = None
            if case.guard is not None:
                case.guard = self._wrap(case.guard)
            self._clause(case, self._span(case.pattern))
        written = self._write_note(note, line)
        if written is not None and isinstance(node, _NOTED_INSIDE):
            node.body.insert(0, written)
            return None
        return written

    def _begin_note(self, node: ast.stmt) -> NoteMaker | None:
        if not isinstance(node, (*_NOTED_AFTER, *_NOTED_INSIDE, ast.ClassDef, *FUNCTIONS)):
            return None
        course = Course() if isinstance(node, (ast.ClassDef, *FUNCTIONS)) else self._course(node)
        return NoteMaker(self._scope, self._names, self._owner, course)

    def _course(self, node: ast.stmt) -> Course:
        rebound: set[str] = set()
        calls = False
        for part in _header(node):
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

    def _write_note(self, note: NoteMaker | None, line: int) -> ast.stmt | None:
        if note is None or not note.actions:
            return None
        number = len(self._result.probes)
        self._result.probes.append(Note(tuple(note.actions)))
        statement = _native_note(number, note.operands) if self._native else _note(number, note.operands)
        for part in ast.walk(statement):
            if isinstance(part, _LOCATED):
                part.lineno = part.end_lineno = line
                part.col_offset = part.end_col_offset = 0
        return statement

    def _definition(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, line: int) -> None:
        kept = self._scope, self._owner, self._in_class
        if isinstance(node, ast.ClassDef):
            self._owner, self._in_class = node.name, True
        else:
            self._in_class = False
            self._scope = read_scope(node, self._names, function=True, nested=self._scope.function)
            if self._scope.slow:
                self._result.slow.add(line)
        self._block(node.body)
        self._scope, self._owner, self._in_class = kept

    def _clause(self, node: ast.ExceptHandler | ast.match_case, span: Span) -> None:
        line = self._line_of(span[0])
        self._result.statements[line] = Statement(span)
        self._place(node, line)
        self._block(node.body)

    def _describe(self, node: ast.stmt, span: Span) -> Statement:
        parts = list(_header(node))
        ends = isinstance(node, (ast.For, ast.AsyncFor)) or any(isinstance(part, ast.YieldFrom) for part in parts)
        calls = [part for part in parts if isinstance(part, ast.Call)]
        prints = any(self._effects.prints(call.func) for call in calls)
        if self._names.prints_aside or self._names.wild:
            prints |= bool(calls) or isinstance(node, (ast.For, ast.With))
        iterates = any(isinstance(part, (*_COMPREHENSIONS, ast.Starred, ast.Tuple, ast.Compare)) for part in parts)
        reads = prints
        if self._names.reads_aside:
            reads |= bool(calls) or iterates or isinstance(node, (ast.For, ast.With))
        augments = isinstance(node, ast.AugAssign) and not isinstance(node.target, ast.Name)
        return Statement(span, ends_iteration=ends, prints=prints, reads=reads, augments=augments)

    def _place(self, node: ast.AST, line: int) -> None:
        """Puts everything that belongs to a statement's own header on one line."""
        if line:
            self._move(node, line)
        for name, value in ast.iter_fields(node):
            if name in (*_BLOCKS, "handlers", "cases") and isinstance(value, list):
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

    # Expressions of statements.

    def _expressions(self, node: ast.stmt) -> None:
        """Wraps the expressions of a statement's header."""
        match node:
            case ast.While(test=ast.Constant()):
                # A constant test is compiled away, and with it the event of each iteration.
                node.test = self._probe(node.test, node.test, self._spans or self._level == "branches")
            case ast.If() | ast.While() | ast.Assert():
                node.test = self._test(node.test)
                if isinstance(node, ast.Assert) and node.msg is not None:
                    node.msg = self._wrap(node.msg)
            case ast.AnnAssign():
                node.value = node.value and self._wrap(node.value)
                if node.value is not None:
                    node.target = self._target(node.target)  # type: ignore[assignment]
            case ast.Assign():
                node.value = self._wrap(node.value)
                node.targets = [self._target(target) for target in node.targets]
            case ast.Delete():
                node.targets = [self._target(target) for target in node.targets]
            case ast.AugAssign():
                node.target = self._augmented(node.target, change_of_operator(node.op))  # type: ignore[assignment]
                node.value = self._wrap(node.value)
            case ast.For() | ast.AsyncFor():
                # Where no iteration follows, no note is made of what the expression has changed.
                note, self._note = self._note, None
                node.iter = self._wrap(node.iter)
                self._note = note
                node.target = self._target(node.target)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    item.context_expr = self._wrap(item.context_expr)
                    if item.optional_vars is not None:
                        item.optional_vars = self._target(item.optional_vars)
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.Return() | ast.Expr():
                node.value = node.value and self._wrap(node.value)
            case ast.Raise():
                node.exc = node.exc and self._wrap(node.exc)
                node.cause = node.cause and self._wrap(node.cause)
            case ast.Match():
                node.subject = self._wrap(node.subject)
            case ast.Import(names=parts) | ast.ImportFrom(names=parts) if self._note is not None:
                for part in parts:
                    if part.name != "*":
                        self._note.bind(part.asname or part.name.partition(".")[0])

    def _test(self, test: ast.expr) -> ast.expr:
        if self._level != "branches":
            return self._wrap(test)
        spare = _copy_place(test)
        return self._probe(spare, self._wrap(test), spanned=True)

    def _target(self, target: ast.expr) -> ast.expr:
        """What an assignment or deletion does to a target, and probes for what that evaluates."""
        deletes = isinstance(getattr(target, "ctx", None), ast.Del)
        note = self._note
        match target:
            case ast.Name(id=name) if note is not None:
                (note.unbind if deletes else note.bind)(name)
            case ast.Tuple() | ast.List():
                target.elts = [self._target(part) for part in target.elts]
            case ast.Starred():
                target.value = self._target(target.value)
            case ast.Subscript(slice=ast.Slice()):
                target.value = self._receiver(target.value, ANY, target)
                target.slice = self._wrap(target.slice)
            case ast.Subscript() if note is not None and note.is_stored_in_time():
                target.value, container = self._operand(note, target.value)
                target.slice, key = self._operand(note, target.slice)
                note.say(LOOK_KEY if deletes else ITEM, container, key)
            case ast.Attribute() if note is not None and note.is_stored_in_time() and not deletes:
                target.value, owner = self._operand(note, target.value)
                note.say(ATTRIBUTE, owner, mangle(target.attr, self._owner))
            case ast.Subscript() | ast.Attribute():
                target.value = self._receiver(target.value, ANY, target)
                if isinstance(target, ast.Subscript):
                    target.slice = self._wrap(target.slice)
        return target

    def _augmented(self, target: ast.expr, how: int) -> ast.expr:
        note = self._note
        match target:
            case ast.Name(id=name) if note is not None:
                note.change(name, how)
            case ast.Subscript() if note is not None and not isinstance(target.slice, ast.Slice):
                target.value, container = self._operand(note, target.value)
                target.slice, key = self._operand(note, target.slice)
                note.say(CHANGE_ITEM, container, key, how)
            case ast.Attribute() if note is not None:
                target.value, owner = self._operand(note, target.value)
                note.say(CHANGE_ATTRIBUTE, owner, mangle(target.attr, self._owner), how)
            case ast.Subscript() | ast.Attribute():
                return self._target(target)
        return target

    # Expressions.

    def _operand(self, note: NoteMaker, node: ast.expr) -> tuple[ast.expr, int]:
        """An expression whose value a note needs, and where the note finds it."""
        match node:
            case ast.Constant(value=value):
                return node, note.constant(value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(positive))):
                return node, note.constant(-positive)
        if self._certain and note.can_read(node) and isinstance(node, ast.Name):
            return self._wrap(node), note.read(node.id)
        if isinstance(node, ast.Lambda):
            return self._wrap(node), note.constant(None)
        spare = _copy_place(node)
        spanned = self._spans and isinstance(node, _PROBED)
        name = node.id if isinstance(node, ast.Name) else None
        wrapped = self._probe(spare, self._inside(node), spanned, name=name, keeps=True)
        return wrapped, -(len(self._result.probes) - 1)

    def _receiver(self, node: ast.expr, change: int, by: ast.AST) -> ast.expr:
        """An expression whose value may change in the statement, `by` a part of it."""
        note = self._note if self._certain else None
        if note is not None and isinstance(node, ast.Name) and note.can_read(node) and note.is_in_time(by):
            note.look(node.id, change)
            return self._wrap(node)
        return self._wrap(node, change)

    @contextmanager
    def _aside(self, *, spans: bool) -> Iterator[None]:
        """For what may be evaluated never, or often: a note cannot tell of it."""
        kept = self._spans, self._certain
        self._spans, self._certain = self._spans and spans, False
        yield
        self._spans, self._certain = kept

    def _wrap(self, node: ast.expr, change: int = NOTHING) -> ast.expr:
        """An expression with probes around it and around everything it evaluates, as the level has it."""
        match node:
            case ast.Constant():
                return node
            case ast.Starred():
                node.value = self._wrap(node.value, change)
                return node
            case ast.Lambda():
                kept, self._note = self._note, None
                with self._aside(spans=False):
                    node.body = self._wrap(node.body)
                self._note = kept
                return node
        spare = _copy_place(node)
        inner = self._inside(node)
        spanned = self._spans and isinstance(node, _PROBED)
        if not (spanned or change != NOTHING or isinstance(node, ast.NamedExpr)):
            return inner
        walrus = node.target.id if isinstance(node, ast.NamedExpr) else None
        name = node.id if isinstance(node, ast.Name) else None
        return self._probe(spare, inner, spanned, name=name, change=change, walrus=walrus)

    def _probe(
        self,
        place: ast.expr,
        inner: ast.expr,
        spanned: bool,
        *,
        name: str | None = None,
        change: int = NOTHING,
        keeps: bool = False,
        walrus: str | None = None,
    ) -> ast.expr:
        number = len(self._result.probes)
        binds = None
        if walrus is not None:
            binds = NoteMaker(self._scope, self._names, self._owner, Course()).walrus(walrus)
        span = self._span(place) if spanned else None
        name = mangle(name, self._owner) if spanned and name else None
        self._result.probes.append(Probe(span, name, change, keeps, binds))
        self._touches |= change != NOTHING or binds is not None
        whole: ast.expr
        if self._native:
            mark = ast.Name(mark_name(number), ast.Load())
            whole = ast.Subscript(mark, inner, ast.Load())
            made: list[ast.AST] = [mark, whole]
        else:
            append, count = ast.Name(APPEND, ast.Load()), ast.Constant(number)
            pair = ast.Tuple([count, inner], ast.Load())
            call = ast.Call(append, [pair], [])
            minus = ast.UnaryOp(ast.USub(), ast.Constant(1))
            last = ast.Subscript(ast.Name(BUFFER, ast.Load()), minus, ast.Load())
            value = ast.Subscript(last, ast.Constant(1), ast.Load())
            whole = ast.BoolOp(ast.Or(), [call, value])
            made = [append, count, pair, call, minus, minus.operand, last, last.value, value, value.slice, whole]
        for part in made:
            ast.copy_location(part, place)
        return whole

    def _inside(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.Call():
                self._call(node)
            case ast.Subscript():
                inserts = self._names.inserting and not isinstance(node.slice, ast.Slice)
                node.value = self._receiver(node.value, INSERTED, node) if inserts else self._wrap(node.value)
                node.slice = self._wrap(node.slice)
            case ast.NamedExpr():
                node.value = self._wrap(node.value)
            case ast.BoolOp():
                node.values[0] = self._wrap(node.values[0])
                with self._aside(spans=True):
                    node.values[1:] = [self._wrap(value) for value in node.values[1:]]
            case ast.IfExp():
                node.test = self._wrap(node.test)
                with self._aside(spans=True):
                    node.body, node.orelse = self._wrap(node.body), self._wrap(node.orelse)
            case ast.Compare():
                node.left = self._wrap(node.left)
                node.comparators[0] = self._wrap(node.comparators[0])
                with self._aside(spans=True):
                    node.comparators[1:] = [self._wrap(value) for value in node.comparators[1:]]
            case ast.JoinedStr():
                for part in node.values:
                    if isinstance(part, ast.FormattedValue):
                        part.value = self._wrap(part.value)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node)
            case ast.Name():
                pass
            case _:
                for name, value in ast.iter_fields(node):
                    if isinstance(value, ast.expr):
                        setattr(node, name, self._wrap(value))
                    elif isinstance(value, list):
                        setattr(node, name, [self._wrap(v) if isinstance(v, ast.expr) else v for v in value])
        return node

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        first = node.generators[0]
        first.iter = self._wrap(first.iter)
        kept, self._note = self._note, None
        with self._aside(spans=False):
            if isinstance(node, ast.DictComp):
                node.key, node.value = self._wrap(node.key), self._wrap(node.value)
            else:
                node.elt = self._wrap(node.elt)
            for index, generator in enumerate(node.generators):
                generator.ifs = [self._wrap(test) for test in generator.ifs]
                if index:
                    generator.iter = self._wrap(generator.iter)
        self._note = kept

    def _call(self, node: ast.Call) -> None:
        func = node.func
        writes = self._effects.on_arguments(func)
        changed: ast.expr | None = None
        match func:
            case ast.Attribute(value=ast.Name(id=owner)) if owner in HARMLESS_BUILTINS - self._effects.stored:
                func.value = self._wrap(func.value)
            case ast.Attribute(attr=name) if name in WRITING_METHODS:
                change, key = change_of_method(name, node.args)
                if key is not None and self._note is not None and self._note.is_in_time(node):
                    func.value, receiver = self._operand(self._note, func.value)
                    node.args[0], place = self._operand(self._note, key)
                    self._note.say(LOOK_KEY, receiver, place)
                    changed = node.args[0]
                else:
                    func.value = self._receiver(func.value, ANY if change == KEYED else change, node)
            case ast.Attribute():
                writing = self._effects.on_receiver(func, node.args)
                func.value = self._receiver(func.value, ANY, node) if writing else self._wrap(func.value)
            case ast.Name(id=name):
                if name in self._effects.aliases and name != "super":
                    node.func = self._probe(func, func, spanned=False, change=CALLED)
            case _:
                node.func = self._wrap(func, CALLED)
        # What is handed code of the program may run it after the change.
        by = func if self._names.hands_code(node) else node
        for index, argument in enumerate(node.args):
            if argument is not changed:
                node.args[index] = self._receiver(argument, ANY, by) if writes else self._wrap(argument)
        for keyword in node.keywords:
            keyword.value = self._receiver(keyword.value, ANY, by) if writes else self._wrap(keyword.value)


def mark_name(number: int) -> str:
    """What the native recorder's mark of a probe or note is called."""
    return f"__nlex_{number}__"


def _note(number: int, operands: list[ast.expr]) -> ast.stmt:
    values = ast.Tuple([ast.Constant(number), *operands], ast.Load())
    return ast.Expr(ast.Call(ast.Name(APPEND, ast.Load()), [values], []))


def _native_note(number: int, operands: list[ast.expr]) -> ast.stmt:
    mark = ast.Name(mark_name(number), ast.Load())
    match operands:
        case []:
            return ast.Delete([ast.Subscript(mark, ast.Constant(None), ast.Del())])
        case [one]:
            return ast.Delete([ast.Subscript(mark, one, ast.Del())])
        case [first, second]:
            return ast.Assign([ast.Subscript(mark, first, ast.Store())], second)
    return ast.Delete([ast.Subscript(mark, ast.Tuple(operands, ast.Load()), ast.Del())])


def _header(node: ast.stmt) -> Iterator[ast.AST]:
    """Everything in a statement but the statements within it."""
    for name, value in ast.iter_fields(node):
        if name in (*_BLOCKS, "handlers", "cases") and isinstance(value, list):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from ast.walk(part)


def _copy_place(node: ast.expr) -> ast.expr:
    """A stand-in that keeps a node's place in the source."""
    spare = ast.copy_location(ast.Constant(None), node)
    spare.end_lineno, spare.end_col_offset = node.end_lineno, node.end_col_offset
    return spare


def instrument(source: str, probe: str = "full", *, native: bool = False) -> Instrumented:
    """The program of `source` with probes (`none`, `branches` or `full`), notes, and a line for each statement.

    Raises:
        SyntaxError: the source is no program.
    """
    tree = ast.parse(source)
    names = collect_names(source, tree)
    result = Instrumented(tree, names=names)
    _Instrumenter(source, names, result, probe, native=native).module(tree)
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
    _Instrumenter(call, program.names, program, probe, native=native, offset=offset).expression(tree)
    return tree
