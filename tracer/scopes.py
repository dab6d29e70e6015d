"""What must be known of a whole program before its statements are looked at: names, scopes, habits."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from tracer.effects import HARMLESS_BUILTINS, WRITING_METHODS, Effects, is_special

BLOCKS = ("body", "orelse", "finalbody")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_WILD_NAMES = frozenset({"exec", "globals", "locals", "vars", "__import__"})
_OF_THREADS = ("thread", "Thread", "concurrent", "executor", "multiprocessing")
_WILD_ATTRIBUTES = frozenset({"__dict__", "modules", "__del__", "__globals__", "__closure__"})


@dataclass
class Names:
    """The names of a program.

    Attributes:
        stored: every name that the program binds or deletes anywhere.
        shared: names that a `global` statement declares.
        outer: names that a `nonlocal` statement declares.
        defined: names bound by `def` or `class`.
        aliases: names bound by assignment or as a parameter.
        imported: names bound by `import`, by what they stand for.
        methods: names of functions in classes.
        leaks: it hands methods of built-in objects around.
        wild: it reaches for its names by other means than naming them.
        brought: names that a module brings which is imported whole; None stands for names that cannot be told.
        inserting: reading an element may insert one.
        prints_aside: a lambda or a mention of `print` may print where no statement says so.
        reads_aside: it holds a file or `input` in hand, so that going through anything may read.
        overloads: operators, reads of attributes, iteration and the like may run code of the program.
        setters: so may stores of elements and attributes.
        threads: it may run in several threads.
        moving_cells: a generator owns names of functions within it, and may change them as it is resumed.
    """

    stored: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)
    defined: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    imported: dict[str, str] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)
    leaks: bool = False
    wild: bool = False
    brought: set[str | None] = field(default_factory=set)
    inserting: bool = False
    prints_aside: bool = False
    reads_aside: bool = False
    overloads: bool = False
    setters: bool = False
    threads: bool = False
    moving_cells: bool = False

    def hands_code(self, call: ast.Call) -> bool:
        """Is a function of the program among the arguments of a call, by its name or as a lambda?"""
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        return any(
            isinstance(part, ast.Lambda) or (isinstance(part, ast.Name) and part.id in self.defined) for part in given
        )

    @property
    def star(self) -> bool:
        """Does a module that is imported whole bind names that the program binds as well, or unknown ones?"""
        return None in self.brought or not self.brought.isdisjoint(self.stored | self.aliases)

    @property
    def effects(self) -> Effects:
        """The judge of calls for this program."""
        taken = self.defined | self.aliases
        return Effects(
            frozenset(self.stored | self.aliases),
            frozenset(self.defined),
            frozenset(self.aliases),
            {name: what for name, what in self.imported.items() if name not in taken},
            frozenset(self.methods),
            self.leaks,
        )


def collect_names(source: str, tree: ast.Module) -> Names:
    """The names of a program."""
    nodes = list(ast.walk(tree))
    evaluated = sum(isinstance(node, ast.Name) and node.id == "eval" for node in nodes)
    read = sum(map(_evaluates_input, nodes))
    names = Names(
        wild=evaluated > read,
        inserting="defaultdict" in source or "__missing__" in source,
        threads=any(word in source for word in _OF_THREADS),
    )
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    owners = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        _collect(node, names, id(node) in called)
        names.reads_aside |= id(node) not in owners and _is_stream(node)
    return names


def _is_stream(node: ast.AST) -> bool:
    match node:
        case ast.Name(id="stdin") | ast.Attribute(attr="stdin" | "buffer"):
            return True
    return False


def _evaluates_input(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="eval"), args=[ast.Call(func=ast.Name(id="input"))]):
            return True
    return False


def _collect(node: ast.AST, names: Names, called: bool) -> None:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            names.stored.add(name)
            if isinstance(node.ctx, ast.Store):
                names.aliases.add(name)
        case ast.Name(id=name):
            names.wild |= name in _WILD_NAMES
            names.prints_aside |= name == "print" and not called
            names.reads_aside |= name in ("open", "fileinput") or (name == "input" and not called)
        case ast.Attribute(attr=name):
            names.wild |= name in _WILD_ATTRIBUTES
            if not called:
                names.leaks |= name in WRITING_METHODS
                names.prints_aside |= name == "write"
        case ast.ClassDef(name=name, body=body):
            names.stored.add(name)
            names.defined.add(name)
            names.methods |= {part.name for part in body if isinstance(part, FUNCTIONS)}
            names.wild |= "__del__" in names.methods
            names.overloads |= any(map(_overloads, body))
            names.setters |= any(map(_sets, body))
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            names.stored.add(name)
            names.defined.add(name)
            own = own_parts(node)
            pauses = any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in own)
            names.overloads |= pauses
            names.moving_cells |= pauses and any(isinstance(part, (*FUNCTIONS, ast.Lambda)) for part in own)
        case ast.Lambda():
            names.prints_aside |= any(
                isinstance(part, ast.Call) and not _is_quiet(part.func) for part in ast.walk(node.body)
            )
        case ast.Import(names=parts):
            for part in parts:
                _add_import(names, part.asname or part.name.partition(".")[0], part.name)
        case ast.ImportFrom(names=parts, module=module):
            for part in parts:
                if part.name == "*":
                    names.brought |= _public_names(module)
                else:
                    _add_import(names, part.asname or part.name, f"{module}.{part.name}")
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            names.stored.add(name)
            names.aliases.add(name)
        case ast.MatchMapping(rest=str(name)):
            names.stored.add(name)
            names.aliases.add(name)
        case ast.Global(names=shared):
            names.shared.update(shared)
        case ast.Nonlocal(names=outer):
            names.outer.update(outer)
        case ast.arg(arg=name):
            names.aliases.add(name)


_PLAIN_DECORATORS = frozenset({"staticmethod", "classmethod", "lru_cache", "cache", "total_ordering", "abstractmethod"})


def _overloads(part: ast.stmt) -> bool:
    """Does a part of a class let something else than a call run its code?"""
    return isinstance(part, FUNCTIONS) and (
        (is_special(part.name) and part.name != "__init__") or _may_be_property(part)
    )


def _sets(part: ast.stmt) -> bool:
    return isinstance(part, FUNCTIONS) and (part.name.startswith("__set") or _may_be_property(part))


def _may_be_property(part: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    named = {getattr(inner, "attr", getattr(inner, "id", "")) for one in part.decorator_list for inner in ast.walk(one)}
    return bool(part.decorator_list) and not named & _PLAIN_DECORATORS


_STAR_SAFE = frozenset({"math", "collections", "itertools", "functools", "heapq", "bisect", "typing", "string"})


def _public_names(module: str | None) -> set[str | None]:
    """What a well-known module brings, None for any other."""
    if module not in _STAR_SAFE:
        return {None}
    held = importlib.import_module(module)
    return set(getattr(held, "__all__", ())) or {name for name in dir(held) if name[0] != "_"}


def _is_quiet(func: ast.expr) -> bool:
    return isinstance(func, ast.Name) and func.id in HARMLESS_BUILTINS and func.id not in ("print", "input")


def _add_import(names: Names, name: str, what: str) -> None:
    names.stored.add(name)
    names.imported[name] = what


@dataclass(frozen=True)
class Scope:
    """A function, or the module: whose names its statements bind.

    Attributes:
        slow: its names change in ways that no note can follow, so that they are looked at all the time.
    """

    function: bool
    shared: frozenset[str] = frozenset()
    outer: frozenset[str] = frozenset()
    slow: bool = False


def read_scope(node: ast.AST, names: Names, *, function: bool, nested: bool = False) -> Scope:
    """The scope of a function's or the module's own statements; `nested` if the function stands in another."""
    shared: set[str] = set()
    outer: set[str] = set()
    slow = names.wild or (not function and names.star) or (nested and names.moving_cells)
    for part in own_parts(node):
        match part:
            case ast.Global(names=declared):
                shared.update(declared)
            case ast.Nonlocal(names=declared):
                outer.update(declared)
            case ast.ExceptHandler(name=str()) | ast.MatchAs(name=str()) | ast.MatchStar(name=str()):
                slow = True
            case ast.MatchMapping(rest=str()) | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                slow = True
            case ast.GeneratorExp() if function:
                # Whoever consumes it binds names of this scope.
                slow |= any(isinstance(inner, ast.NamedExpr) for inner in own_parts(part))
    return Scope(function, frozenset(shared), frozenset(outer), slow)


def own_parts(node: ast.AST) -> list[ast.AST]:
    """Everything in a scope but what stands in the functions and classes within it."""
    found: list[ast.AST] = []
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        part = waiting.pop()
        found.append(part)
        if not isinstance(part, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(part))
    return found


def header_of(node: ast.AST) -> Iterator[ast.AST]:
    """Everything in a statement but itself and the statements within it."""
    for name, value in ast.iter_fields(node):
        if name in (*BLOCKS, "handlers", "cases") and isinstance(value, list):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from ast.walk(part)
