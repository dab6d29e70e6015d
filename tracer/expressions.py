"""Puts probes around the expressions of a statement, and around everything that they evaluate."""

import ast

from tracer.effects import (
    ANY,
    CALLED,
    HARMLESS_BUILTINS,
    INSERTED,
    KEYED,
    NOTHING,
    TURNED_LEFT,
    TURNED_RIGHT,
    UNPACKED,
    WRITING_METHODS,
    change_of_method,
)
from tracer.inner_scopes import COMPREHENSIONS, instrument_comprehension, instrument_lambda
from tracer.notes import NoteMaker
from tracer.probe_maker import ProbeMaker, copy_place
from tracer.scopes import header_of
from tracer.statements import LOOK_KEY

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
    *COMPREHENSIONS,
)


class Expressions:
    """The expressions of one tree."""

    def __init__(self, maker: ProbeMaker) -> None:
        self._maker = maker
        self._names = maker.names
        self._effects = maker.names.effects

    def wrap(self, node: ast.expr, change: int = NOTHING) -> ast.expr:
        """An expression with probes around it and around everything it evaluates, as the level has it.

        `change` is how its value may change in the statement.
        """
        match node:
            case ast.Constant():
                return node
            case ast.Starred():
                node.value = self.wrap(node.value, change)
                return node
            case ast.Lambda():
                instrument_lambda(node, self._maker, self.wrap)
                return node
        maker, place = self._maker, copy_place(node)
        inner = self._inside(node)
        walrus = node.target.id if isinstance(node, ast.NamedExpr) else None
        name = node.id if isinstance(node, ast.Name) else None
        spanned = maker.spans and isinstance(node, _PROBED) and name not in maker.silent
        if not (spanned or change != NOTHING or walrus is not None):
            return inner
        return maker.probe(place, inner, spanned, name=name, change=change, walrus=walrus)

    def operand(self, note: NoteMaker, node: ast.expr) -> tuple[ast.expr, int]:
        """An expression whose value a note needs, and where the note finds it."""
        maker = self._maker
        match node:
            case ast.Constant(value=value):
                return node, note.constant(value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(positive))):
                return node, note.constant(-positive)
        if maker.certain and note.can_read(node) and isinstance(node, ast.Name):
            return self.wrap(node), note.read(node.id)
        if isinstance(node, ast.Lambda):
            return self.wrap(node), note.constant(None)
        place = copy_place(node)
        spanned = maker.spans and isinstance(node, _PROBED)
        name = node.id if isinstance(node, ast.Name) else None
        wrapped = maker.probe(place, self._inside(node), spanned, name=name, keeps=True)
        return wrapped, -(len(maker.result.probes) - 1)

    def receiver(self, node: ast.expr, change: int, by: ast.AST) -> ast.expr:
        """An expression whose value may change in the statement, `by` a part of it."""
        maker = self._maker
        note = maker.note if maker.certain else None
        if note is not None and isinstance(node, ast.Name) and note.can_read(node) and note.is_in_time(by):
            note.look(node.id, change)
            return self.wrap(node)
        return self.wrap(node, ANY if change in (TURNED_LEFT, TURNED_RIGHT) else change)

    def _inside(self, node: ast.expr) -> ast.expr:
        maker = self._maker
        match node:
            case ast.Call():
                self._call(node)
            case ast.Subscript():
                inserts = self._names.inserting and not isinstance(node.slice, ast.Slice)
                node.value = self.receiver(node.value, INSERTED, node) if inserts else self.wrap(node.value)
                node.slice = self.wrap(node.slice)
            case ast.NamedExpr():
                node.value = self.wrap(node.value)
            case ast.BoolOp():
                node.values[0] = self.wrap(node.values[0])
                with maker.aside():
                    node.values[1:] = [self.wrap(value) for value in node.values[1:]]
            case ast.IfExp():
                node.test = self.wrap(node.test)
                with maker.aside():
                    node.body, node.orelse = self.wrap(node.body), self.wrap(node.orelse)
            case ast.Compare():
                node.left = self.wrap(node.left)
                node.comparators[0] = self.wrap(node.comparators[0])
                with maker.aside():
                    node.comparators[1:] = [self.wrap(value) for value in node.comparators[1:]]
            case ast.JoinedStr():
                for part in node.values:
                    if isinstance(part, ast.FormattedValue):
                        part.value = self.wrap(part.value)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                instrument_comprehension(node, maker, self.wrap)
            case ast.Name():
                pass
            case _:
                for name, value in ast.iter_fields(node):
                    if isinstance(value, ast.expr):
                        setattr(node, name, self.wrap(value))
                    elif isinstance(value, list):
                        setattr(node, name, [self.wrap(v) if isinstance(v, ast.expr) else v for v in value])
        return node

    def _call(self, node: ast.Call) -> None:
        func = node.func
        note = self._maker.note
        writes, heap = self._effects.on_arguments(func), self._on_heap(node)
        changed: ast.expr | None = None
        match func:
            case ast.Attribute(value=ast.Name(id=owner)) if owner in HARMLESS_BUILTINS - self._effects.stored:
                func.value = self.wrap(func.value)
            case ast.Attribute(attr=name) if name in WRITING_METHODS:
                change, key = change_of_method(name, node.args)
                if key is not None and note is not None and note.is_in_time(node):
                    func.value, receiver = self.operand(note, func.value)
                    node.args[0], place = self.operand(note, key)
                    note.say(LOOK_KEY, receiver, place)
                    changed = node.args[0]
                else:
                    func.value = self.receiver(func.value, ANY if change == KEYED else change, node)
            case ast.Attribute():
                writing = self._effects.on_receiver(func, node.args)
                func.value = self.receiver(func.value, ANY, node) if writing else self.wrap(func.value)
            case ast.Name(id=name):
                if name in self._effects.aliases and name != "super":
                    node.func = self._maker.probe(func, func, spanned=False, change=CALLED)
            case _:
                node.func = self.wrap(func, CALLED)
        # What is handed code of the program may run it after the change.
        by = func if self._names.hands_code(node) else node
        for index, argument in enumerate(node.args):
            if isinstance(argument, ast.Starred):
                argument.value = self.wrap(argument.value, UNPACKED if writes else NOTHING)
            elif argument is not changed:
                change = (heap, NOTHING)[index > 0] if heap != NOTHING else ANY if writes else NOTHING
                node.args[index] = self.wrap(argument) if change == NOTHING else self.receiver(argument, change, by)
        for keyword in node.keywords:
            if keyword.arg is None or not writes:
                keyword.value = self.wrap(keyword.value, UNPACKED if writes else NOTHING)
            else:
                keyword.value = self.receiver(keyword.value, ANY, by)

    def _on_heap(self, call: ast.Call) -> int:
        """How a call changes a heap, its first argument; `NOTHING` if it is no function of `heapq`.

        What one call has changed can be told from what a heap held before, unless the statement stores elements too.
        """
        change = self._effects.on_heap(call.func)
        if change == NOTHING or not call.args or isinstance(call.args[0], ast.Starred):
            return NOTHING
        running = self._maker.running
        parts = list(header_of(running)) if running is not None and not self._names.threads else []
        lazy = [part for part in parts if isinstance(part, (ast.Lambda, ast.GeneratorExp))]
        whole = (
            all(part is not call for part in parts)
            or any(isinstance(part, ast.Subscript) and not isinstance(part.ctx, ast.Load) for part in parts)
            or any(inner is call for part in lazy for inner in ast.walk(part))
        )
        return ANY if whole else change
