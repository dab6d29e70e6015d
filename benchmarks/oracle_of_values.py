"""Runs a program with a counter around every expression, for `benchmarks.values`; it is started as a script of its own.

`python oracle_of_values.py FOLDER NAME` runs FOLDER/prelude.py and FOLDER/program.py as the module NAME, and writes
FOLDER/counts.json: rows of line, column, end line, end column (in characters), kind, where it stands, sort and count.
"""

import ast
import atexit
import collections.abc
import io
import json
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_OPAQUE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    type,
    collections.abc.Iterator,
    collections.abc.KeysView,
    collections.abc.ValuesView,
    collections.abc.ItemsView,
    io.IOBase,
)
_COUNTED = (
    ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.JoinedStr,
    ast.NamedExpr, ast.ListComp, ast.SetComp, ast.DictComp,
)  # fmt: skip
_ATOMS = frozenset({bool, int, float, str, bytes, complex, type(None)})
NAME = "__count_of_values__"
_KINDS = {
    ast.Attribute: "attribute", ast.Subscript: "subscript", ast.Call: "call", ast.BinOp: "operation",
    ast.UnaryOp: "operation", ast.Compare: "comparison", ast.BoolOp: "and, or", ast.IfExp: "if-else",
    ast.JoinedStr: "f-string", ast.NamedExpr: "walrus", ast.ListComp: "comprehension", ast.SetComp: "comprehension",
    ast.DictComp: "comprehension",
}  # fmt: skip
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Known = tuple[tuple[int, int, int, int], str, str, bool]
counts: collections.Counter[tuple[int, str]] = collections.Counter()


class Wrapper(ast.NodeTransformer):
    """Wraps expressions; keeps what each wrapped one is."""

    def __init__(self, source: str) -> None:
        self.lines = source.split("\n")
        self.known: list[Known] = []
        self.place = "statement"

    def _column(self, line: int, column: int) -> int:
        raw = self.lines[line - 1].encode("utf-8", "surrogatepass")
        return len(raw[:column].decode("utf-8", "surrogatepass"))

    def wrap(self, node: Any, base: bool = False) -> Any:
        """The node with counters in it, and around it where it is counted."""
        if not isinstance(node, ast.expr):
            return node
        first = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
        number = isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
        inner = self._inside(node)
        if not isinstance(node, _COUNTED) or number or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            return inner
        span = (first[0], self._column(*first[:2]), first[2], self._column(*first[2:]))
        self.known.append(
            (span, _KINDS[type(node)], self.place, base and isinstance(node, ast.Attribute | ast.Subscript))
        )
        call = ast.Call(ast.Name(NAME, ast.Load()), [ast.Constant(len(self.known) - 1), inner], [])
        return ast.copy_location(call, node)

    def _inside(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.Call(func=ast.Attribute() as callee):
                callee.value = self.wrap(callee.value, base=True)
            case ast.Call(func=ast.Name()):
                pass
            case ast.Attribute() | ast.Subscript():
                node.value = self.wrap(node.value, base=True)
                if isinstance(node, ast.Subscript):
                    node.slice = self._slice(node.slice)
                return node
            case ast.JoinedStr():
                for part in node.values:
                    if isinstance(part, ast.FormattedValue):
                        with self._within("f-string"):
                            part.value = self.wrap(part.value)
                        if part.format_spec is not None:
                            part.format_spec = self._inside(part.format_spec)
                return node
            case ast.Lambda():
                self._defaults(node.args)
                with self._within("lambda"):
                    node.body = self.wrap(node.body)
                return node
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node)
                return node
        for name, value in ast.iter_fields(node):
            if (isinstance(node, ast.Call) and name == "func" and isinstance(value, ast.Name | ast.Attribute)) or (
                isinstance(node, ast.NamedExpr) and name == "target"
            ):
                continue
            if isinstance(value, ast.expr):
                setattr(node, name, self.wrap(value))
            elif isinstance(value, list):
                setattr(node, name, [self._part(part) for part in value])
        return node

    def _part(self, part: Any) -> Any:
        if isinstance(part, ast.keyword):
            part.value = self.wrap(part.value)
            return part
        return self.wrap(part)

    def _slice(self, key: ast.expr) -> ast.expr:
        if not isinstance(key, ast.Slice):
            return self.wrap(key)  # type: ignore[no-any-return]
        key.lower, key.upper, key.step = self.wrap(key.lower), self.wrap(key.upper), self.wrap(key.step)
        return key

    def _comprehension(self, node: Any) -> None:
        node.generators[0].iter = self.wrap(node.generators[0].iter)
        lazy = isinstance(node, ast.GeneratorExp)
        with self._within("generator expression" if lazy else "comprehension"):
            for number, generator in enumerate(node.generators):
                with self._within("condition in " + self.place):
                    generator.ifs = [self.wrap(test) for test in generator.ifs]
                if number:
                    generator.iter = self.wrap(generator.iter)
            if isinstance(node, ast.DictComp):
                node.key, node.value = self.wrap(node.key), self.wrap(node.value)
            else:
                node.elt = self.wrap(node.elt)

    @contextmanager
    def _within(self, place: str) -> Iterator[None]:
        """The innermost place counts, but for an f-string, which is no scope of its own."""
        kept = self.place
        self.place = kept if place == "f-string" and kept != "statement" else place
        yield
        self.place = kept

    def _defaults(self, args: ast.arguments) -> None:
        with self._within("default"):
            args.defaults = [self.wrap(value) for value in args.defaults]
            args.kw_defaults = [self.wrap(value) for value in args.kw_defaults]

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Wraps the expressions of a statement's own header."""
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            with self._within("decorator"):
                node.decorator_list = [self.wrap(part) for part in node.decorator_list]
            if isinstance(node, _FUNCTIONS):
                self._defaults(node.args)
            with self._within("class body" if isinstance(node, ast.ClassDef) else "statement"):
                node.body = [self.visit(part) for part in node.body]
            return node
        if isinstance(node, ast.Expr):
            # A statement's own value goes nowhere.
            if isinstance(node.value, ast.expr):
                node.value = self._inside(node.value)
            return node
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and name not in ("annotation", "pattern"):
                setattr(node, name, self.wrap(value))
            elif isinstance(value, list):
                setattr(node, name, [self._below(part) for part in value])
        return node

    def _below(self, part: Any) -> Any:
        if isinstance(part, ast.expr):
            return self.wrap(part)
        if isinstance(part, ast.stmt | ast.ExceptHandler | ast.match_case | ast.withitem):
            return self.visit(part)
        return part


def main(folder: Path, name: str) -> None:
    """Runs the program; counts are written however it ends."""
    prelude = (folder / "prelude.py").read_text("utf-8", "surrogatepass")
    source = (folder / "program.py").read_text("utf-8", "surrogatepass")
    wrapper = Wrapper(source)
    tree = ast.fix_missing_locations(wrapper.visit(ast.parse(source)))
    known = wrapper.known

    def count(number: int, value: Any) -> Any:
        sort = "value"
        if issubclass(type(value), _OPAQUE):
            sort = "opaque"
        elif known[number][3] and type(value) not in _ATOMS:
            sort = "place"
        counts[number, sort] += 1
        return value

    def write() -> None:
        rows = [[*known[number][0], *known[number][1:3], sort, count] for (number, sort), count in counts.items()]
        (folder / "counts.json").write_text(json.dumps(rows))

    atexit.register(write)
    module = types.ModuleType(name)
    sys.modules[name] = module
    vars(module)[NAME] = count
    exec(compile(prelude, "prelude.py", "exec"), vars(module))
    try:
        exec(compile(tree, "program.py", "exec"), vars(module))
    except BaseException:
        return


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
