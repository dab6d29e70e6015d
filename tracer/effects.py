"""What an expression may change without any code of the program running: which operands to look at afterwards."""

import ast
from dataclasses import dataclass

NEVER, ALWAYS, ON_READ = range(3)
"""May evaluating what holds a probed object change it? `ON_READ`: if reading an element can insert one."""

_words = str.split
_HARMLESS_BUILTINS = frozenset(
    _words("""
    abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float format frozenset
    hash hex id input int isinstance issubclass iter len list map max min oct ord pow print range repr reversed
    round set slice sorted str sum tuple type zip
    """)
)
READING_METHODS = frozenset(
    _words("""
    bit_length capitalize casefold center copy count decode difference elements encode endswith expandtabs find
    format get index intersection isalnum isalpha isdecimal isdigit isdisjoint islower isnumeric isspace issubset
    issuperset isupper items join keys ljust lower lstrip most_common partition replace rfind rindex rjust
    rpartition rsplit rstrip split splitlines startswith strip swapcase symmetric_difference title translate
    union upper values zfill
    """)
)
_WRITING_METHODS = frozenset(
    _words("""
    add append appendleft clear difference_update discard extend extendleft insert intersection_update
    move_to_end pop popitem popleft remove reverse rotate setdefault sort subtract symmetric_difference_update
    update
    """)
)


@dataclass(frozen=True)
class Effects:
    """Judges calls by name, where the program leaves the name its usual meaning.

    Attributes:
        stored: names that the program binds anywhere.
        defined: those it binds by `def` or `class`, whose code has probes of its own.
        aliases: those it binds by assignment or as a parameter, which may be anything.
    """

    stored: frozenset[str]
    defined: frozenset[str]
    aliases: frozenset[str]

    def on_arguments(self, func: ast.expr) -> int:
        """May a call of `func` change its arguments?"""
        match func:
            case ast.Name(id=name) if name in _HARMLESS_BUILTINS and name not in self.stored:
                return NEVER
            case ast.Name(id=name) if name in self.defined and name not in self.aliases:
                return NEVER
            case ast.Attribute(value=ast.Name(id=owner)) if owner in _HARMLESS_BUILTINS:
                return ALWAYS
            case ast.Attribute(attr=name) if name in READING_METHODS or name in _WRITING_METHODS:
                return NEVER
        return ALWAYS


def works_at_front(node: ast.AST) -> bool:
    """Does this piece of code take from, or put at, the front of a list or deque?"""
    match node:
        case ast.Attribute(attr="popleft" | "appendleft" | "extendleft"):
            return True
        case ast.Call(func=ast.Attribute(attr="pop" | "insert"), args=[ast.Constant(value=0), *_]):
            return True
        case ast.Delete(targets=[ast.Subscript(slice=ast.Constant(value=0))]):
            return True
    return False
