"""Which parts of the Python language programs use, told by their syntax trees."""

import ast
from collections.abc import Callable, Iterator

_BY_NODE: dict[type[ast.AST], str] = {
    ast.For: "for",
    ast.While: "while",
    ast.If: "if",
    ast.IfExp: "conditional expression",
    ast.BoolOp: "and, or",
    ast.ListComp: "list comprehension",
    ast.SetComp: "set comprehension",
    ast.DictComp: "dict comprehension",
    ast.GeneratorExp: "generator expression",
    ast.FunctionDef: "function",
    ast.AsyncFunctionDef: "async",
    ast.Lambda: "lambda",
    ast.ClassDef: "class",
    ast.Yield: "generator",
    ast.YieldFrom: "yield from",
    ast.Try: "try",
    ast.Raise: "raise",
    ast.With: "with",
    ast.Assert: "assert",
    ast.Global: "global",
    ast.Nonlocal: "nonlocal",
    ast.Delete: "del",
    ast.Break: "break",
    ast.Continue: "continue",
    ast.AugAssign: "augmented assignment",
    ast.AnnAssign: "annotated assignment",
    ast.NamedExpr: "walrus",
    ast.JoinedStr: "f-string",
    ast.Slice: "slice",
    ast.Subscript: "subscript",
    ast.Attribute: "attribute",
    ast.List: "list display",
    ast.Tuple: "tuple",
    ast.Dict: "dict display",
    ast.Set: "set display",
    ast.Match: "match",
    ast.Import: "import",
    ast.ImportFrom: "import",
}


def _unpacks(node: ast.AST) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.For) else []
    return any(isinstance(target, (ast.Tuple, ast.List)) for target in targets)


def _loop_else(node: ast.AST) -> bool:
    return isinstance(node, (ast.For, ast.While)) and bool(node.orelse)


def _decorated(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and bool(node.decorator_list)


def _nested(node: ast.AST) -> bool:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inner = (each for statement in node.body for each in ast.walk(statement)) if isinstance(node, functions) else ()
    return any(isinstance(each, functions) for each in inner)


def _recursive(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(each, ast.Call) and node.name in (getattr(each.func, "id", None), getattr(each.func, "attr", None))
        for each in ast.walk(node)
    )


def _star_parameters(node: ast.AST) -> bool:
    return isinstance(node, ast.arguments) and bool(node.vararg or node.kwarg)


def _default_parameters(node: ast.AST) -> bool:
    return isinstance(node, ast.arguments) and bool(node.defaults or any(node.kw_defaults))


_BY_TEST: dict[str, Callable[[ast.AST], bool]] = {
    "chained comparison": lambda node: isinstance(node, ast.Compare) and len(node.ops) > 1,
    "membership": lambda node: (
        isinstance(node, ast.Compare) and any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops)
    ),
    "identity": lambda node: (
        isinstance(node, ast.Compare) and any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops)
    ),
    "bit operation": lambda node: (
        isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift))
    ),
    "chained assignment": lambda node: isinstance(node, ast.Assign) and len(node.targets) > 1,
    "unpacking": _unpacks,
    "starred": lambda node: isinstance(node, ast.Starred),
    "keyword argument": lambda node: isinstance(node, ast.keyword),
    "star parameters": _star_parameters,
    "default parameters": _default_parameters,
    "loop else": _loop_else,
    "finally": lambda node: isinstance(node, ast.Try) and bool(node.finalbody),
    "decorator": _decorated,
    "inheritance": lambda node: isinstance(node, ast.ClassDef) and bool(node.bases),
    "nested function": _nested,
    "recursion": _recursive,
}

FEATURES = tuple(sorted({*_BY_NODE.values(), *_BY_TEST}))


def features_of(code: str) -> set[str]:
    """The parts of the language that a program uses; none for one that does not parse."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return set(_found(tree))


def _found(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if type(node) in _BY_NODE:
            yield _BY_NODE[type(node)]
        for name, test in _BY_TEST.items():
            if test(node):
                yield name
