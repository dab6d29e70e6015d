"""What a program's text hints of its runs: that they may differ by hash seed, by run or by process.

Each hint costs further runs, so a word that only looks like one, a variable named `time` or the braces of an
f-string, is not taken for it. A text that runs further texts, or does not parse, is judged by its words alone.
"""

import ast
import re
from collections.abc import Container, Iterator

from sandbox.unsteady import imported_names
from schemas.job import Program

_SETS = ("set", "frozenset")
_SET_WORDS = re.compile(r"\b(?:set|frozenset)\b|\{[^{}:]+\}|\.(?:keys|items)\(\)")
_OUTSIDE = frozenset(
    {"time", "random", "datetime", "uuid", "secrets", "urandom", "getpid", "perf_counter", "process_time"}
)
_OUTSIDE_WORDS = re.compile(rf"\b(?:{'|'.join(sorted(_OUTSIDE))})\b")
_PROCESS_WORDS = re.compile(r"\b(id|hash)\s*\(|\bobject\.__repr__\b|\bobject\s*\(|__hash__")
_RUNS_TEXT = re.compile(
    r"\b(?:eval|exec|(?<!re\.)compile|__import__|importlib|modules|__builtins__|builtins|globals)\b"
)


def _tree(text: str) -> ast.Module | None:
    """The tree of a text; None where it has none or does not tell all."""
    if _RUNS_TEXT.search(text):
        return None
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def makes_sets(text: str) -> bool:
    """May a program, or a call, make a set, whose order is that of the hash seed?"""
    if not _SET_WORDS.search(text):
        return False
    tree = _tree(text)
    return tree is None or any(map(_makes_set, ast.walk(tree)))


def _makes_set(node: ast.AST) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _SETS
        case ast.Constant(value=str(text)):
            return text in _SETS
        case ast.BinOp(left=left, right=right):
            return _is_keys(left) or _is_keys(right)
    return False


def _is_keys(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "items")


def reads_outside(program: Program) -> bool:
    """May a program read what is another in each run, such as the clock?"""
    texts = (program.prelude, program.code, program.setup)
    if not any(map(_OUTSIDE_WORDS.search, texts)):
        return False
    trees = [_tree(text) for text in texts]
    known = [tree for tree in trees if tree is not None]
    if len(known) < len(trees):
        return True
    owners = {name: origin for tree in known for name, origin in imported_names(tree)}
    outside = {name for name, (module, part) in owners.items() if module in _OUTSIDE or part in _OUTSIDE}
    return "*" in outside or any(_uses(node, outside, owners.keys()) for tree in known for node in ast.walk(tree))


def _uses(node: ast.AST, outside: set[str], imported: Container[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in outside
        case ast.Attribute(attr=attr) if attr in _OUTSIDE:
            *_, root = _inner(node)
            return isinstance(root, ast.Name) and root.id in imported
    return False


def _inner(node: ast.expr) -> Iterator[ast.expr]:
    """An expression, and what its attributes are taken of."""
    yield node
    while isinstance(node, ast.Attribute):
        node = node.value
        yield node


def tells_of_its_process(program: Program) -> bool:
    """May a program see addresses or hashes, which all runs forked from one process share?"""
    return bool(_PROCESS_WORDS.search("\n".join((program.prelude, program.code, program.setup))))
