"""What an expression may change without any code of the program running, and how: what to look at afterwards."""

import ast
from dataclasses import dataclass

(
    NOTHING,
    ANY,
    APPENDED,
    POPPED,
    DEQUEUED,
    PUSHED,
    INSERTED,
    KEYED,
    CALLED,
    EXTENDED,
    UNPACKED,
    HEAP_GREW,
    HEAP_SHRANK,
    HEAP_SIFTED,
    TURNED_LEFT,
    TURNED_RIGHT,
) = range(-1, 15)
"""How a built-in container may have changed: in any way, by one element at the end (come, gone) or at the front
(gone, come), by new keys of a dict, or at one key of a dict or element of a set; `CALLED` is what is
called, and changes what its own name says where it is a method of a built-in object; by any number of
elements at the end; not itself, but in any way what it holds, where it is handed over with a star; by one
call of a function of `heapq` that puts in, takes out or does both; by one element that went at one end and
one that came at the other (to the left: gone at the front)."""

_words = str.split
HARMLESS_BUILTINS = frozenset(
    _words("""
    abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float format frozenset
    hash hex id input int isinstance issubclass iter len list map max min oct ord pow print range repr reversed
    round set slice sorted str sum tuple type zip object hasattr getattr super memoryview bytearray
    ValueError TypeError KeyError IndexError Exception RuntimeError ZeroDivisionError StopIteration
    AssertionError NotImplementedError AttributeError
    """)
)
CALLING_BUILTINS = frozenset(_words("map filter iter sorted min max"))
"""Builtins that call what they are given."""
READING_METHODS = frozenset(
    _words("""
    bit_length bit_count capitalize casefold center copy count decode difference elements encode endswith
    expandtabs find format get index intersection isalnum isalpha isdecimal isdigit isdisjoint islower isnumeric
    isspace issubset issuperset isupper items join keys ljust lower lstrip most_common partition replace rfind
    rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase symmetric_difference title
    translate union upper values zfill
    """)
)
_CHANGES: dict[str, int] = {
    "append": APPENDED,
    "extend": EXTENDED,
    "appendleft": PUSHED,
    "popleft": DEQUEUED,
    "add": KEYED,
    "discard": KEYED,
    "remove": KEYED,
    "setdefault": INSERTED,
    **dict.fromkeys(
        _words("""
        clear difference_update extendleft insert intersection_update move_to_end pop popitem reverse rotate sort
        subtract symmetric_difference_update update
        """),
        ANY,
    ),
}
WRITING_METHODS = frozenset(_CHANGES)
_HEAP_CALLS = {
    "heapq.heappush": HEAP_GREW,
    "heapq.heappop": HEAP_SHRANK,
    "heapq.heapreplace": HEAP_SIFTED,
    "heapq.heappushpop": HEAP_SIFTED,
}
_READING_MODULES = frozenset(
    _words("""
    bisect collections copy decimal fractions functools itertools math operator re statistics string sys time
    datetime typing cmath
    """)
)
_LIBRARY_FUNCTIONS = frozenset(
    _words("""
    deque defaultdict Counter OrderedDict sqrt floor ceil gcd lcm log log2 factorial comb isqrt accumulate
    combinations permutations product groupby chain bisect bisect_left bisect_right lru_cache cache cmp_to_key
    inf pi
    """)
)
"""What preludes of star imports bring, where the program binds no such name itself."""
_WRITING_FUNCTIONS = frozenset(
    _words("""
    heappush heappop heapify heapreplace heappushpop insort insort_left insort_right shuffle setitem delitem
    iadd iconcat ior iand ixor isub imul reduce partial copyreg update_wrapper
    """)
)


def change_of_method(name: str, arguments: list[ast.expr]) -> tuple[int, ast.expr | None]:
    """How a writing method changes what it is called on, and the expression of the key that says where."""
    change = _CHANGES[name]
    first = arguments[0] if arguments else None
    match name, first:
        case "pop", None | ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return POPPED, None
        case "pop" | "insert", ast.Constant(value=0):
            return (DEQUEUED if name == "pop" else PUSHED), None
        case "rotate", None | ast.Constant(value=1):
            return TURNED_RIGHT, None
        case "rotate", ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return TURNED_LEFT, None
        case "pop", _ if len(arguments) <= 2:
            return KEYED, first
    if change == KEYED:
        return (ANY, None) if first is None or isinstance(first, ast.Starred) else (KEYED, first)
    return change, None


def change_of_bound(name: str) -> int:
    """How a method of a built-in object changes it, where no more than its name is known."""
    change = NOTHING if name in READING_METHODS else _CHANGES.get(name, ANY)
    return ANY if change == KEYED else change


def change_of_operator(operator: ast.operator) -> int:
    """How an augmented assignment changes a container in place."""
    return EXTENDED if isinstance(operator, ast.Add) else ANY


def is_special(name: str) -> bool:
    """Is this a name that the language calls by itself, as `__len__`?"""
    return name[:2] == "__" == name[-2:]


@dataclass(frozen=True)
class Effects:
    """Judges calls by name, where the program leaves the name its usual meaning.

    Attributes:
        stored: names that the program binds anywhere.
        defined: those it binds by `def` or `class`, whose code is looked at on its own.
        aliases: those it binds by assignment or as a parameter, which may be anything.
        imported: those it binds by `import` alone, by what they stand for: `heapq` or `heapq.heappush`.
        methods: names that its classes define.
        leaks: it hands methods of built-in objects around.
    """

    stored: frozenset[str]
    defined: frozenset[str]
    aliases: frozenset[str]
    imported: dict[str, str]
    methods: frozenset[str]
    leaks: bool

    def on_arguments(self, func: ast.expr) -> bool:
        """May a call of `func` change its arguments?"""
        match func:
            case ast.Name(id=name) if name in HARMLESS_BUILTINS and name not in self.stored:
                return self.leaks and name in CALLING_BUILTINS
            case ast.Name(id=name) if name in self.defined and name not in self.aliases:
                return False
            case ast.Name(id=name) if name in _LIBRARY_FUNCTIONS and name not in self.stored:
                return False
            case ast.Name(id=name) if name in self.imported:
                return self._imported_writes(*self.imported[name].rpartition(".")[::2])
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in self.imported:
                return self._imported_writes(self.imported[owner], name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in HARMLESS_BUILTINS:
                return name not in READING_METHODS
            case ast.Attribute(attr=name):
                return not (name in READING_METHODS or name in WRITING_METHODS or self._is_ours(func))
        return True

    def on_heap(self, func: ast.expr) -> int:
        """How a call of `func` changes its first argument, a heap, and nothing else; `NOTHING` for any other."""
        match func:
            case ast.Name(id=name):
                what = self.imported.get(name, name if name in self.stored else f"heapq.{name}")
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                module = self.imported.get(owner, "" if owner in self.stored else owner)
                what = f"{module}.{name}"
            case _:
                return NOTHING
        return _HEAP_CALLS.get(what, NOTHING)

    def _is_ours(self, func: ast.Attribute) -> bool:
        """Does a method's name say that the program defines it? That of a base class may be the library's."""
        match func.value:
            case ast.Call(func=ast.Name(id="super")):
                return False
        return func.attr in self.methods and not is_special(func.attr)

    def on_receiver(self, func: ast.Attribute, arguments: list[ast.expr]) -> bool:
        """May a call of the method `func`, none of the known writing ones, change what it is called on?"""
        if func.attr == "get" and not arguments:
            # A queue's: that of a dict has arguments.
            return True
        owner = func.value
        if isinstance(owner, ast.Name):
            if owner.id in self.imported or (owner.id in HARMLESS_BUILTINS and owner.id not in self.stored):
                return False
            if owner.id == "super":
                return False
        if isinstance(owner, (ast.Constant, ast.JoinedStr)):
            return False
        return func.attr not in READING_METHODS and not self._is_ours(func)

    @staticmethod
    def _imported_writes(module: str, name: str) -> bool:
        if name in _WRITING_FUNCTIONS:
            return True
        return module.partition(".")[0] not in _READING_MODULES

    def runs_code(self, call: ast.Call) -> bool:
        """May a call run code of the program, which may bind names anew and sees what has changed?"""
        match call.func:
            case ast.Name(id=name):
                hands_on = name in ("map", "filter") or any(keyword.arg == "key" for keyword in call.keywords)
                return name in self.stored or name not in HARMLESS_BUILTINS or hands_on
            case ast.Attribute(attr="sort"):
                return bool(call.keywords)
            case ast.Attribute(attr=name):
                return not (name in READING_METHODS or name in WRITING_METHODS) or name in self.methods
        return True

    def prints(self, func: ast.expr) -> bool:
        """May a call of `func` print, or read stdin, without a statement of the program of its own?"""
        match func:
            case ast.Name(id=name) if name not in self.stored:
                return name not in HARMLESS_BUILTINS | _LIBRARY_FUNCTIONS or name in ("print", "input")
            case ast.Name(id=name) if name in self.defined and name not in self.aliases:
                return False
            case ast.Name(id=name) if name in self.imported:
                return self.imported[name].partition(".")[0] in ("sys", "os") or "." not in self.imported[name]
            case ast.Attribute(value=ast.Name(id=owner)) if owner in self.imported and owner not in ("sys", "os"):
                return self.imported[owner].partition(".")[0] not in _READING_MODULES | {"heapq", "random"}
            case ast.Attribute(attr=name):
                return not (name in READING_METHODS or name in WRITING_METHODS or name in self.methods)
        return True
