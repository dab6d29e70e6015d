"""Names what makes two runs of a program on one input differ, from its text, its output and which runs differed."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["time", "random", "entropy", "threads", "id", "hash", "set order"]
_CHANGES_EACH_RUN: tuple[Kind, ...] = ("time", "entropy", "threads")
_CHANGES_BY_HASH_SEED: tuple[Kind, ...] = ("random", "id", "hash", "set order")
"""The jail seeds `random`, and lays out memory, by the hash seed."""
_WORDS: dict[Kind, str] = {
    "time": "it reads the clock",
    "random": "it draws random numbers without a seed",
    "entropy": "it draws random bytes of the system",
    "threads": "its threads take turns by chance",
    "id": "it uses addresses of objects",
    "hash": "it uses hashes of strings",
    "set order": "it depends on the order of a set",
}
_MODULES: dict[str, Kind] = {
    "time": "time",
    "datetime": "time",
    "random": "random",
    "secrets": "entropy",
    "uuid": "entropy",
    "threading": "threads",
    "concurrent": "threads",
    "multiprocessing": "threads",
}
_STEADY = frozenset(
    {"sleep", "timedelta", "strptime", "fromisoformat", "stack_size", "date", "seed", "strftime", "Random"}
)
_ENTROPY = frozenset({"urandom", "getrandom", "SystemRandom", "getpid"})
_BUILTINS: dict[str, Kind] = {"id": "id", "hash": "hash", "object": "id", "set": "set order", "frozenset": "set order"}
_SET_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference"})
_ADDRESS = b" at 0x"
"""How a default `repr` begins to tell one."""


@dataclass(frozen=True)
class Source:
    """A place in a program that may differ from run to run."""

    kind: Kind
    line: int
    text: str


def find_sources(code: str) -> list[Source]:
    """Every such place in the order of the lines; none where the text does not parse."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    owners = dict(imported_names(tree))
    seeded = any(isinstance(node, ast.Attribute) and node.attr == "seed" for node in ast.walk(tree)) or "seed" in owners
    found = []
    for node in ast.walk(tree):
        kind = _kind_of(node, owners)
        if kind is not None and not (kind == "random" and seeded):
            line = getattr(node, "lineno", 0)
            found.append(Source(kind, line, ast.unparse(node).splitlines()[0][:60]))
    return sorted(found, key=lambda source: source.line)


def imported_names(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    """Names that stand for a module, or for something of it: the module's first name, and the other's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for part in node.names:
                yield part.asname or part.name.partition(".")[0], (part.name.partition(".")[0], "")
        elif isinstance(node, ast.ImportFrom) and node.module:
            for part in node.names:
                yield part.asname or part.name, (node.module.partition(".")[0], part.name)


def _kind_of(node: ast.AST, owners: dict[str, tuple[str, str]]) -> Kind | None:
    match node:
        case ast.Set() | ast.SetComp():
            return "set order"
        case ast.Attribute(attr="__hash__"):
            return "hash"
        case ast.Call(func=ast.Name(id=name)) if name in owners:
            module, part = owners[name]
            return _kind_of_part(module, part)
        case ast.Call(func=ast.Name(id=name)) if name in _BUILTINS:
            return _BUILTINS[name]
        case ast.Call(func=ast.Attribute(attr=attr) as func):
            if attr in _SET_METHODS:
                return "set order"
            inner: ast.expr = func
            while isinstance(inner, ast.Attribute):
                inner = inner.value
            if isinstance(inner, ast.Name) and inner.id in owners:
                return _kind_of_part(owners[inner.id][0], attr)
    return None


def _kind_of_part(module: str, part: str) -> Kind | None:
    if part in _ENTROPY:
        return "entropy"
    return None if part in _STEADY else _MODULES.get(module)


def name_reason(code: str, *, each_run: bool, stdout: bytes = b"") -> str:
    """Why two runs differ, as words with the line where the program shows it.

    `each_run`: even runs with the same hash seed did. `stdout`: what one of them printed, where that is what differs;
    an address in it is reason enough, whatever else the text holds.
    """
    if _ADDRESS in stdout:
        return "it prints the address of an object"
    sources = find_sources(code)
    likely, unlikely = _CHANGES_BY_HASH_SEED, _CHANGES_EACH_RUN
    if each_run:
        likely, unlikely = unlikely, likely
    for kind in (*likely, *unlikely):
        for source in sources:
            if source.kind == kind:
                return f"{_WORDS[kind]} (line {source.line}: `{source.text}`)"
    return "its text does not show why"
