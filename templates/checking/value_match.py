"""Holds a value that was told against a value of the trace: exact in type, unordered for sets and dicts."""

from collections.abc import Callable, Sequence
from typing import Any

from templates.checking.value_text import (
    Cut,
    Cycle,
    Gap,
    Instance,
    Literal,
    Made,
    Named,
    Pair,
    Raw,
    Row,
    Told,
    read_value,
)
from tracer.events import Exact, Opaque, Ref, Value
from tracer.replay import HeapObject

Look = Callable[[int], HeapObject]
"""Finds an object by id, as it stood at one moment."""

Holds = Callable[[Told, Value], bool]
_FEW_KEYS = 1000
_SHORT = 10**300
_LONG = 20_000
_ATOMS = frozenset({str, bool, float, complex, bytes, type(None)})
_CHUNK = 10**3000
_PLAIN = {"[": "list", "(": "tuple", "{": "set", ":": "dict"}


def decimal(number: int) -> str:
    """All digits of an int of any size."""
    if number.bit_length() < 12_000:
        return str(number)
    sign, number = ("-", -number) if number < 0 else ("", number)
    pieces = []
    while number:
        number, low = divmod(number, _CHUNK)
        pieces.append(str(low).rjust(3000, "0"))
    return sign + "".join(reversed(pieces)).lstrip("0")


def is_text(text: str, value: Any) -> bool:
    """Is this surely the text of a plain value? False says nothing."""
    kind = type(value)
    if kind is int:
        return -_SHORT < value < _SHORT and text == str(value)
    if kind is Opaque:
        return text == f"<{value.kind} {value.name}>"
    return kind in _ATOMS and text == repr(value)


def same_text(text: str, value: Value, look: Look) -> bool:
    """Is this text the value's?

    Raises:
        Unreadable: the text is no value at all.
    """
    kind = type(value)
    if kind is Ref:
        if text == plain_text(look(value.id), len(text)):  # type: ignore[union-attr]
            return True
    elif kind is Exact:
        return text == value.text  # type: ignore[union-attr]
    elif is_text(text, value):
        return True
    return same(read_value(text), value, look)


def plain_text(found: HeapObject, most: int) -> str:
    """The text of a list, tuple, dict or set whose elements are plain values; empty for all else.

    Nothing is written of what surely takes more than `most` characters. A parenthesis would say that an element is
    one of our records, so it is left to the full reading even where it stands in a string.
    """
    items, kind = found.items, found.kind
    if kind != found.type or found.note or 3 * len(items) > most + 1 or most > _LONG:
        return ""
    try:
        if kind == "list":
            text = repr(items)
        elif kind == "tuple":
            text = repr(tuple(items))
        elif kind == "dict":
            text = repr(items)
        elif kind == "set" and items:
            text = "{" + ", ".join(map(repr, items)) + "}"
        else:
            return ""
    except ValueError:  # An int with more digits than Python writes.
        return ""
    return text if "(" not in text[1:] else ""


def same(told: Told, value: Value, look: Look, within: tuple[int, ...] = ()) -> bool:
    """Does the told structure say this value, elided parts agreeing in head, tail and count?"""
    if type(value) is Ref:
        return _same_object(told, look(value.id), look, within)
    if isinstance(told, Literal):
        return type(told.value) is type(value) and told.value == value
    if isinstance(told, Raw):
        if type(value) is Exact:
            return told.text == value.text
        return type(value) in (float, complex) and told.text == repr(value)
    if isinstance(told, Cut):
        return _same_cut(told, value)
    if isinstance(told, Made):
        return type(value) is Exact and told.text == value.text
    return isinstance(told, Named) and type(value) is Opaque and (told.kind, told.name) == (value.kind, value.name)


def _same_cut(told: Cut, value: Value) -> bool:
    whole: Any = value
    if told.digits:
        if type(value) is not int:
            return False
        whole = decimal(value)
    elif type(told.head) is not type(value):
        return False
    size = len(told.head) + len(told.tail)
    return len(whole) == size + told.count and whole.startswith(told.head) and whole.endswith(told.tail)


def _same_object(told: Told, found: HeapObject, look: Look, within: tuple[int, ...]) -> bool:
    if isinstance(told, Cycle):
        return found.id in within
    kind, name = found.kind, found.type
    inner = (*within, found.id)
    if isinstance(told, Instance):
        if kind != "object" or told.type != name or told.id != found.id:
            return False
        return told.items is None or same_fields(told.items, list(found.items.items()), look, inner)
    if isinstance(told, Row):
        if told.bracket == "{:":
            return name == kind and kind in ("set", "dict") and same_row(told.items, list(found.items), look, inner)
        return name == _PLAIN[told.bracket] == kind and not found.note and _same_content(told, found, look, inner)
    if not isinstance(told, Made) or told.name != name:
        return False
    if kind == "tuple" and found.note:
        return same_fields(told.items, list(zip(found.note.split(), found.items, strict=False)), look, inner)
    return _same_made(told.items, found, look, inner)


def _same_made(items: tuple[Told, ...], found: HeapObject, look: Look, inner: tuple[int, ...]) -> bool:
    kind = found.kind
    if kind == "bytearray":
        return len(items) == 1 and same(items[0], bytes(found.items), look)
    if kind == "deque":
        limit = Pair("maxlen", Literal(int(found.note))) if found.note else None
        if items[1:] != ((limit,) if limit else ()):
            return False
        items = items[:1]
    if kind == "dict" and found.type == "defaultdict":
        if len(items) != 2 or not _says_factory(items[0], found.note):
            return False
        items = items[1:]
    if not items:
        return not found.items and kind in ("set", "frozenset")
    return len(items) == 1 and isinstance(items[0], Row) and _same_content(items[0], found, look, inner)


def _says_factory(told: Told, note: str) -> bool:
    if isinstance(told, Raw):
        return told.text == note
    if isinstance(told, Named):
        return told.name == note
    return isinstance(told, Literal) and told.value is None and note in ("", "None")


def _same_content(told: Row, found: HeapObject, look: Look, inner: tuple[int, ...]) -> bool:
    match found.kind:
        case "list" | "deque":
            return told.bracket == "[" and same_row(told.items, found.items, look, inner)
        case "tuple":
            return told.bracket == "(" and same_row(told.items, found.items, look, inner)
        case "set" | "frozenset":
            if told.bracket == "{:" or (told.bracket == ":" and not found.items and found.kind == "frozenset"):
                return same_row(told.items, list(found.items), look, inner)
            return told.bracket == "{" and _same_members(told.items, found.items, look, inner)
        case "dict":
            return told.bracket in (":", "{:") and _same_pairs(told.items, found.items, look, inner)
    return False


def _parts(items: tuple[Told, ...], size: int) -> tuple[tuple[Told, ...], tuple[Told, ...]] | None:
    """What is told before and after the gap, if the counts add up to the size."""
    gaps = [index for index, item in enumerate(items) if type(item) is Gap]
    if not gaps:
        return (items, ()) if len(items) == size else None
    gap = items[gaps[0]]
    if len(gaps) > 1 or not isinstance(gap, Gap) or gap.count + len(items) - 1 != size:
        return None
    return items[: gaps[0]], items[gaps[0] + 1 :]


def same_row(items: tuple[Told, ...], values: Sequence[Value], look: Look, within: tuple[int, ...] = ()) -> bool:
    """Do the told elements, one gap allowed, say these in order?"""
    parts = _parts(items, len(values))
    if parts is None:
        return False
    head, tail = parts
    last = len(values) - len(tail)
    return all(same(told, values[index], look, within) for index, told in enumerate(head)) and all(
        same(told, values[last + index], look, within) for index, told in enumerate(tail)
    )


def same_fields(
    items: tuple[Told, ...], fields: list[tuple[Any, Value]], look: Look, within: tuple[int, ...] = ()
) -> bool:
    """Do `name=value` pairs, one gap allowed, say these in order?"""
    parts = _parts(items, len(fields))
    if parts is None:
        return False
    head, tail = parts
    last = len(fields) - len(tail)
    for told, (name, value) in [*zip(head, fields, strict=False), *zip(tail, fields[last:], strict=False)]:
        if not isinstance(told, Pair) or told.key != name or not same(told.value, value, look, within):
            return False
    return True


def _same_members(items: tuple[Told, ...], members: dict[Value, None], look: Look, within: tuple[int, ...]) -> bool:
    parts = _parts(items, len(members))
    if parts is None:
        return False
    values = list(members)
    taken: set[int] = set()

    def holds(told: Told, value: Value) -> bool:
        return same(told, value, look, within)

    for told, guess in _guesses(parts, len(values)):
        index = _find(told, values, guess, taken, holds)
        if index is None:
            return False
        taken.add(index)
    return True


def _same_pairs(items: tuple[Told, ...], pairs: dict[Value, Value], look: Look, within: tuple[int, ...]) -> bool:
    parts = _parts(items, len(pairs))
    if parts is None:
        return False
    keys = list(pairs)
    taken: set[int] = set()

    def holds(told: Told, value: Value) -> bool:
        return same(told, value, look, within)

    for told, guess in _guesses(parts, len(keys)):
        if not isinstance(told, Pair) or isinstance(told.key, str):
            return False
        index = _find(told.key, keys, guess, taken, holds)
        if index is None or not same(told.value, pairs[keys[index]], look, within):
            return False
        taken.add(index)
    return True


def _guesses(parts: tuple[tuple[Told, ...], tuple[Told, ...]], size: int) -> list[tuple[Told, int]]:
    """Each told element, and the place where it is if the order was kept."""
    head, tail = parts
    return [*zip(head, range(len(head)), strict=True), *zip(tail, range(size - len(tail), size), strict=True)]


def _find(told: Told, values: list[Value], guess: int, taken: set[int], holds: Holds) -> int | None:
    if guess not in taken and holds(told, values[guess]):
        return guess
    for index, value in enumerate(values):
        if index not in taken and holds(told, value):
            return index
    return None


def find_key(told: Told, keys: Sequence[Value] | dict[Value, Any], look: Look) -> Value | None:
    """The key that is told; None where there is none (a key that is None itself is told by `Literal(None)`)."""
    if isinstance(told, Literal) and isinstance(keys, dict):
        value: Any = told.value
        if value not in keys:
            return None
        # 1, 1.0 and True are one key; only the one that is there may be told.
        alike = isinstance(value, int) and len(keys) <= _FEW_KEYS
        return value if not alike or any(type(key) is type(value) for key in keys if key == value) else None
    if isinstance(told, Row) and told.bracket == "(" and all([type(item) is Literal for item in told.items]):
        plain = [item.value for item in told.items]  # type: ignore[union-attr]
        keys = [key for key in keys if type(key) is Ref and look(key.id).items == plain]
    for key in keys:
        if same(told, key, look):
            return key
    return None
