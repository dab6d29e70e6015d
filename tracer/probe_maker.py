"""Makes the probes and notes of one tree, with what must be known of the place that they stand in."""

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tracer.effects import NOTHING
from tracer.events import Span
from tracer.forms import NativeForms, PythonForms
from tracer.notes import Course, NoteMaker, mangle
from tracer.scopes import Scope
from tracer.source_columns import SourceColumns
from tracer.statements import BIND_GLOBAL, Action, Beginning, Instrumented, Note, Probe, Told

LOCATED = (ast.expr, ast.stmt, ast.excepthandler, ast.pattern, ast.arg, ast.keyword, ast.alias)


class ProbeMaker:
    """Numbers what a program tells and writes it into the tree.

    Attributes:
        level: `none`, `branches` or `full`.
        offset: how many lines stand before the text of the tree.
        scope: whose names are bound where the pass stands; `owner` the class around it.
        note: of the statement under work; None if it makes none.
        spans: values are told; what else a probe is for happens anyway.
        certain: what is evaluated here is evaluated just once.
        inner: the pass stands in a comprehension or lambda; `lazy` in one that may run when the scope's own statements
            do not, a generator expression or lambda; `called` in a lambda, which has names of its own.
        silent: names that are told as they are bound, and not as they are read.
        running: the statement under work, None for a lone expression.
        touches: the statement binds or changes something in the midst of an expression.
    """

    def __init__(self, source: str, result: Instrumented, level: str, *, native: bool, offset: int) -> None:
        self.names = result.names
        self.result = result
        self.level = level
        self.offset = offset
        self._columns = SourceColumns(source)
        self._forms = NativeForms() if native else PythonForms()
        self.scope = Scope(function=False)
        self.owner = ""
        self.note: NoteMaker | None = None
        self.spans = level == "full"
        self.certain = True
        self.inner = self.lazy = self.called = False
        self.silent: frozenset[str] = frozenset()
        self.running: ast.stmt | None = None
        self.touches = False

    def span(self, node: ast.AST) -> Span:
        """Where a node stands in the program."""
        line, column, end, end_column = self._columns.span(node)
        return line + self.offset, column, end + self.offset, end_column

    @contextmanager
    def aside(self) -> Iterator[None]:
        """For what may be evaluated never: a note cannot tell of it."""
        kept, self.certain = self.certain, False
        yield
        self.certain = kept

    @contextmanager
    def within(
        self, *, silent: frozenset[str], spans: bool = True, lazy: bool = False, called: bool = False
    ) -> Iterator[None]:
        """For what may be evaluated often, or much later."""
        kept = self.note, self.spans, self.silent, self.inner, self.lazy, self.called
        self.note, self.spans, self.silent = None, self.spans and spans, silent
        self.inner, self.lazy, self.called = True, self.lazy or lazy, self.called or called
        with self.aside():
            yield
        self.note, self.spans, self.silent, self.inner, self.lazy, self.called = kept

    def probe(
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
        """An expression with a probe around it, or with two where one of them may be one too many."""
        binds = None if walrus is None else self._bound_by_walrus(walrus)
        acts = change != NOTHING or binds is not None
        self.touches |= acts
        name = mangle(name, self.owner) if spanned and name else None
        span = self.span(place) if spanned else None
        if self.inner and spanned:
            if acts:
                inner = self._write(Probe(None, None, change, keeps, binds), inner, place)
            return self._write(Probe(span, name, inner=True), inner, place)
        return self._write(Probe(span, name, change, keeps, binds), inner, place)

    def _bound_by_walrus(self, name: str) -> Action | None:
        """What a walrus binds as it is evaluated; None where no frame that is traced, or another one, has the name."""
        scope = self.scope
        if self.called or (self.lazy and scope.function and name not in scope.shared):
            return None
        action = NoteMaker(scope, self.names, self.owner, Course()).walrus(name)
        return (BIND_GLOBAL, *action[1:]) if self.lazy else action

    def _write(self, probe: Probe, inner: ast.expr, place: ast.expr) -> ast.expr:
        whole = self._forms.probe(self._number(probe), inner, bounded=probe.inner)
        _put_at(whole, place)
        return whole

    def beginning(self, places: Sequence[ast.expr | ast.arg], names: list[str]) -> ast.expr:
        """A true expression that tells what the names at these places have been bound to."""
        number = self._number(Beginning(tuple(map(self.span, places))))
        whole = self._forms.beginning(number, [ast.Name(name, ast.Load()) for name in names])
        _put_at(whole, places[0])
        return whole

    def write_note(self, note: NoteMaker | None, line: int) -> ast.stmt | None:
        """The statement that tells what a note says; None if it says nothing."""
        if note is None or not note.actions:
            return None
        statement = self._forms.note(self._number(Note(note.settle())), note.operands)
        for part in ast.walk(statement):
            if isinstance(part, LOCATED):
                part.lineno = part.end_lineno = line
                part.col_offset = part.end_col_offset = 0
        return statement

    def _number(self, told: Told) -> int:
        self.result.probes.append(told)
        return len(self.result.probes) - 1


def _put_at(whole: ast.AST, place: ast.AST) -> None:
    """Gives what was made around or beside an expression, and has no place of its own yet, the place of that."""
    waiting = [whole]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.expr):
            if hasattr(part, "lineno"):
                continue
            ast.copy_location(part, place)
        waiting += ast.iter_child_nodes(part)


def copy_place(node: ast.expr) -> ast.expr:
    """A stand-in that keeps a node's place in the source."""
    spare = ast.copy_location(ast.Constant(None), node)
    spare.end_lineno, spare.end_col_offset = node.end_lineno, node.end_col_offset
    return spare
