"""Changes a Python value a little, in ways that its type suggests."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

_LEAST_BOUND = 20
_LEAST_LENGTH = 8


def _integer(value: int, chance: Random) -> int:
    bound = max(2 * abs(value), _LEAST_BOUND)
    made = chance.choice((value + 1, value - 1, 0, 1, -value, 2 * value, value // 2, chance.randint(-10, 20)))
    return max(-bound, min(bound, made))


def _real(value: float, chance: Random) -> float:
    return float(chance.choice((value + 1, -value, 0.0, value / 2, round(value * 1.5, 2), chance.randint(-5, 10))))


def _text(value: str, chance: Random, alphabet: str) -> str:
    at = chance.randrange(len(value) + 1)
    fresh = chance.choice(alphabet or value or "ab1 ")
    made = chance.choice(
        (
            value[:at] + value[at + 1 :],
            value[:at] + fresh + value[at:],
            value[:at] + fresh + value[at + 1 :],
            value[: at // 2] + value[at:],
            value[::-1],
            value.swapcase(),
            value[:at] + value[: len(value) - at],
            value + value[:at],
            "",
        )
    )
    return made[: max(2 * len(value), _LEAST_LENGTH)]


def _several(value: Sequence[Any], chance: Random, alphabet: str) -> list[Any]:
    items = list(value)
    if not items:
        return items
    at = chance.randrange(len(items))

    def changed() -> list[Any]:
        return [*items[:at], change_value(items[at], chance, alphabet), *items[at + 1 :]]

    ways: tuple[Callable[[], list[Any]], ...] = (
        changed,
        changed,
        lambda: [*items, change_value(items[at], chance, alphabet)],
        lambda: items[:at] + items[at + 1 :],
        lambda: [*items[:at], items[at], *items[at:]],
        lambda: chance.sample(items, len(items)),
        lambda: items[::-1],
        lambda: items[: at + 1],
        list,
    )
    return chance.choice(ways)()[: max(2 * len(items), _LEAST_LENGTH)]


def _pairs(value: dict[Any, Any], chance: Random, alphabet: str) -> dict[Any, Any]:
    made = dict(value)
    if not made:
        return made
    key = chance.choice(list(made))
    match chance.randrange(3):
        case 0:
            del made[key]
        case 1:
            made[key] = change_value(made[key], chance, alphabet)
        case _:
            made[change_value(key, chance, alphabet)] = change_value(made[key], chance, alphabet)
    return made


def change_value(value: Any, chance: Random, alphabet: str = "") -> Any:
    """A value of the same type, changed; equal to the old one at times, and for types that have no other.

    Texts grow by letters of `alphabet`, or else their own. Sizes at most double.
    """
    match value:
        case bool():
            return not value
        case int():
            return _integer(value, chance)
        case float():
            return _real(value, chance)
        case str():
            return _text(value, chance, alphabet)
        case list():
            return _several(value, chance, alphabet)
        case tuple():
            return tuple(_several(value, chance, alphabet))
        case set() | frozenset():
            ordered = sorted(value, key=repr)
            return type(value)(_several(ordered, chance, alphabet))
        case dict():
            return _pairs(value, chance, alphabet)
    return value
