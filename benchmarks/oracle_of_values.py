"""Runs a program with a counter around every expression, for `values_told`; it is started as a script of its own.

`python oracle_of_values.py FOLDER NAME` runs FOLDER/program.py as the module NAME, and writes FOLDER/counts.json: rows
of line, column, end line, end column (in characters), sort and count.
"""

import ast
import atexit
import collections.abc
import io
import json
import sys
import types
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
_INSIDE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_COUNTED = (
    ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.JoinedStr,
    ast.NamedExpr, ast.ListComp, ast.SetComp, ast.DictComp,
)  # fmt: skip
_ATOMS = (int, float, str, bytes, complex, type(None))
NAME = "__count_of_values__"
counts: collections.Counter[tuple[tuple[int, int, int, int], str]] = collections.Counter()


class Wrapper(ast.NodeTransformer):
    """Wraps expressions; keeps what each wrapped one is."""

    def __init__(self, source: str) -> None:
        self.lines = source.split("\n")
        self.known: list[tuple[tuple[int, int, int, int], bool, bool]] = []
        self.depth = 0

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
        self.known.append((span, base and isinstance(node, ast.Attribute | ast.Subscript), self.depth > 0))
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
                        part.value = self.wrap(part.value)
                return node
            case ast.Lambda():
                self.depth += 1
                node.body = self.wrap(node.body)
                self.depth -= 1
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
        self.depth += 1
        for number, generator in enumerate(node.generators):
            generator.ifs = [self.wrap(test) for test in generator.ifs]
            if number:
                generator.iter = self.wrap(generator.iter)
        if isinstance(node, ast.DictComp):
            node.key, node.value = self.wrap(node.key), self.wrap(node.value)
        else:
            node.elt = self.wrap(node.elt)
        self.depth -= 1

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Wraps the expressions of a statement's own header; a class's body has none in a trace."""
        if isinstance(node, ast.ClassDef):
            node.body = [self.visit(part) if isinstance(part, ast.FunctionDef) else part for part in node.body]
            return node
        if isinstance(node, ast.FunctionDef):
            node.body = [self.visit(part) for part in node.body]
            return node
        if isinstance(node, ast.Expr):
            # What a statement throws away is no part of anything.
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
    source = (folder / "program.py").read_text("utf-8", "surrogatepass")
    wrapper = Wrapper(source)
    tree = ast.fix_missing_locations(wrapper.visit(ast.parse(source)))
    known = wrapper.known

    def count(number: int, value: Any) -> Any:
        span, base, inner = known[number]
        if isinstance(value, _OPAQUE):
            sort = "opaque"
        elif base and not isinstance(value, _ATOMS):
            sort = "place"
        else:
            sort = "inner" if inner else "value"
        counts[span, sort] += 1
        return value

    def write() -> None:
        rows = [[*span, sort, number] for (span, sort), number in counts.items()]
        (folder / "counts.json").write_text(json.dumps(rows))

    atexit.register(write)
    module = types.ModuleType(name)
    sys.modules[name] = module
    vars(module)[NAME] = count
    try:
        exec(compile(tree, "program.py", "exec"), vars(module))
    except BaseException:
        return


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
