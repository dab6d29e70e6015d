"""Makes calls from calls: literal arguments are changed a little or taken from another call."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from pipelines.curation.synthesis.change_value import change_value

_TAKEN_FROM_ANOTHER = 0.25
_SECOND_CHANGE = 0.3


@dataclass(frozen=True)
class _Argument:
    """An argument: how it is written before its value (`k=`), its source, and its value where it is a literal."""

    prefix: str
    source: str
    literal: bool
    value: Any = None


@dataclass(frozen=True)
class _Call:
    function: str
    arguments: tuple[_Argument, ...]

    def text(self) -> str:
        return f"{self.function}({', '.join(each.prefix + each.source for each in self.arguments)})"


def _argument(prefix: str, node: ast.expr) -> _Argument:
    source = ast.unparse(node)
    try:
        return _Argument(prefix, source, True, ast.literal_eval(node))
    except (ValueError, TypeError, MemoryError, RecursionError):
        return _Argument(prefix, source, False)


def _parsed(call: str) -> _Call | None:
    """The call, None where the expression is something else."""
    node = ast.parse(call, mode="eval").body
    if not isinstance(node, ast.Call):
        return None
    named = [_argument(f"{each.arg}=" if each.arg else "**", each.value) for each in node.keywords]
    return _Call(ast.unparse(node.func), (*(_argument("", each) for each in node.args), *named))


def written(value: Any) -> str:
    """The `repr` of a value, with the elements of sets in the order of theirs, whatever the hash seed."""
    match value:
        case list():
            return f"[{', '.join(map(written, value))}]"
        case tuple():
            return f"({', '.join(map(written, value))}{',' if len(value) == 1 else ''})"
        case dict():
            return f"{{{', '.join(f'{written(key)}: {written(held)}' for key, held in value.items())}}}"
        case set() if value:
            return f"{{{', '.join(sorted(map(written, value)))}}}"
    return repr(value)


def _with(call: _Call, at: int, value: Any) -> _Call:
    old = call.arguments[at]
    new = _Argument(old.prefix, written(value), True, value)
    return _Call(call.function, (*call.arguments[:at], new, *call.arguments[at + 1 :]))


def _letters(value: Any) -> str:
    """The letters of the texts in a value."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return "".join(_letters(each) for each in value)
    if isinstance(value, dict):
        return _letters([*value, *value.values()])
    return ""


class CallChanger:
    """Makes calls like those given."""

    def __init__(self, calls: Sequence[str]) -> None:
        self._calls = [parsed for call in calls if (parsed := _parsed(call)) is not None]
        letters = _letters([each.value for call in self._calls for each in call.arguments])
        self._alphabet = "".join(sorted(set(letters)))

    def change(self, chance: Random) -> str | None:
        """A new call; None where none of those given has a literal argument."""
        usable = [call for call in self._calls if any(each.literal for each in call.arguments)]
        if not usable:
            return None
        call = chance.choice(usable)
        for _ in range(1 + (chance.random() < _SECOND_CHANGE)):
            at = chance.choice([place for place, each in enumerate(call.arguments) if each.literal])
            call = self._changed(call, at, chance)
        return call.text()

    def _changed(self, call: _Call, at: int, chance: Random) -> _Call:
        others = [
            other.arguments[at].value
            for other in self._calls
            if len(other.arguments) == len(call.arguments) and other.arguments[at].literal
        ]
        if len(others) > 1 and chance.random() < _TAKEN_FROM_ANOTHER:
            return _with(call, at, chance.choice(others))
        return _with(call, at, change_value(call.arguments[at].value, chance, self._alphabet))
