"""A program's normal form: what is left of its syntax tree without comments, formatting and choice of names.

Two programs that differ in nothing else have one normal form: names that a program binds are numbered
by scope in the order in which they are met, imported names stand for what was imported, and
docstrings, annotations of parameters and redundant brackets are gone.
"""

import ast
import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.curation.bound_names import arguments_of, bound_in

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_LEFT_OUT = frozenset({"ctx", "kind", "type_comment", "type_ignores", "returns", "annotation", "type_params"})
_UNSAID = frozenset({"Module", "Expr", "Name", "arguments", "arg", "Constant", "Attribute", "alias", "keyword"})


@dataclass
class _Scope:
    kind: str
    bound: set[str]
    numbers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NormalForm:
    """`digest` is equal for programs of one normal form; `words` are its tokens with all own names alike."""

    digest: bytes
    words: tuple[str, ...]


class _Writer:
    """Walks a tree and writes its normal form, exactly into `exact` and without names into `words`."""

    def __init__(self, tree: ast.Module) -> None:
        self.exact: list[str] = []
        self.words: list[str] = []
        self.scopes: list[_Scope] = []
        self.imported: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        nodes = list(ast.walk(tree))
        self.own_attributes = _own_attributes(nodes)
        self.kept = _kept_parameters(nodes)
        self.globals = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
        self.count = 0
        self.enter(tree, "module")
        self.body(tree.body)

    def enter(self, node: ast.AST, kind: str) -> None:
        bound = bound_in(node)
        if kind == "module":
            bound |= self.globals
        self.scopes.append(_Scope(kind, bound))

    def say(self, exact: str, word: str = "") -> None:
        self.exact.append(exact)
        if word:
            self.words.append(word)

    def name(self, name: str) -> None:
        """A name as the scope that binds it numbers it; names that the program does not bind stand as they are."""
        innermost = self.scopes[-1]
        for scope in reversed(self.scopes):
            if name not in scope.bound or (scope.kind == "class" and scope is not innermost):
                continue
            if scope.kind == "class":
                self.attribute(name)
            elif scope.kind == "module" and name in self.imported:
                self.say(self.imported[name], self.imported[name])
            elif scope.kind == "function" and name in self.kept:
                self.say(f"={name}", "v")
            else:
                if name not in scope.numbers:
                    scope.numbers[name] = f"v{self.count}"
                    self.count += 1
                self.say(scope.numbers[name], "v")
            return
        self.say(self.imported.get(name, f"={name}"), self.imported.get(name, name))

    def attribute(self, name: str) -> None:
        if name in self.own_attributes:
            self.say(self.attributes.setdefault(name, f"a{len(self.attributes)}"), "a")
        else:
            self.say(f".{name}", name)

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        module = f"{'.' * node.level}{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
        for each in node.names:
            whole = f"import {module}{each.name}"
            bound = each.asname or each.name.partition(".")[0]
            self.imported[bound] = whole if each.asname or module else f"import {bound}"
            self.say(whole, whole)

    def body(self, statements: list[ast.stmt]) -> None:
        said = [each for each in statements if not _is_bare_text(each)]
        self.say(f"[{len(said)}]")
        for each in said:
            self.node(each)

    def node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.imports(node)
            return
        kind = type(node).__name__
        self.say(kind, "" if kind in _UNSAID else kind)
        match node:
            case ast.Name(id=name):
                self.name(name)
            case ast.Constant(value=value):
                said = value if isinstance(value, str) else repr(value)
                self.say(f"{type(value).__name__} {said!r}", f"{type(value).__name__} {said}")
            case ast.Attribute(value=value, attr=attr):
                self.node(value)
                self.attribute(attr)
            case ast.Global() | ast.Nonlocal():
                for name in node.names:
                    self.name(name)
            case _:
                self.fields(node)

    def fields(self, node: ast.AST) -> None:
        scope = isinstance(node, _SCOPES)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.name(node.name)
        if scope:
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            self.enter(node, kind)
        for name, value in ast.iter_fields(node):
            if name in _LEFT_OUT or (name == "name" and scope):
                continue
            self.field(name, value)
        if scope:
            self.scopes.pop()

    def field(self, name: str, value: object) -> None:
        if isinstance(value, ast.AST):
            self.node(value)
        elif isinstance(value, list) and name in ("body", "orelse", "finalbody") and _statements(value):
            self.body(value)
        elif isinstance(value, list):
            self.say(f"[{len(value)}]")
            for each in value:
                self.field("", each)
        elif isinstance(value, str) and name in ("arg", "name", "rest"):
            self.name(value)
        else:
            self.say(repr(value))


def _statements(listed: list[object]) -> bool:
    return bool(listed) and isinstance(listed[0], ast.stmt)


def _is_bare_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _own_attributes(nodes: Sequence[ast.AST]) -> set[str]:
    """Attributes that the program itself makes: methods, class variables, and what it assigns to."""
    own: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            own |= bound_in(node)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            own.add(node.attr)
    return {name for name in own if not (name.startswith("__") and name.endswith("__"))}


def _kept_parameters(nodes: Sequence[ast.AST]) -> set[str]:
    """Parameters that calls name: renaming one alone would change the program."""
    named = {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}
    parameters = {each.arg for node in nodes if isinstance(node, _FUNCTIONS) for each in arguments_of(node)}
    return named & parameters


def normal_form(code: str) -> NormalForm:
    """The normal form of a program; a text that is too deep to walk, or no Python, is its own.

    Never raises.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            writer = _Writer(ast.parse(code))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            words = tuple(code.split())
            return NormalForm(hashlib.sha256(" ".join(words).encode("utf-8", "replace")).digest()[:16], words)
    exact = "\x1f".join(writer.exact).encode("utf-8", "surrogatepass")
    return NormalForm(hashlib.sha256(exact).digest()[:16], tuple(writer.words))
