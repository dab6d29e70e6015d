"""The text of a value by the table of the README: exact where short, cut in the middle and marked where long."""

from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import Any

from tracer.events import Exact, Opaque, Ref, Value
from tracer.replay import HeapObject

BUDGET = 200
"""Characters that one value may take, about."""

_NARROW = 14
"""With fewer characters than this left, a container's elements are only counted."""
_ATOM = 48
"""Characters that a str or int inside a container may take."""
_CHUNK = 4000
"""Digits that `str` converts at once, below the interpreter's own limit."""

_NO_LITERALS = ("j", "nan", "inf", "Ellipsis")
"""Pieces of what is no literal, or none that may stand in a formula."""
_LARGE = 1 << 200
"""An int that is shorter than this may stand in a formula."""

Heap = dict[int, HeapObject]


def digits(number: int) -> str:
    """All decimal digits of an int of any size."""
    if number.bit_length() < 3 * _CHUNK:
        return str(number)
    if number < 0:
        return "-" + digits(-number)
    half = number.bit_length() * 3 // 20
    high, low = divmod(number, 10**half)
    return digits(high) + digits(low).rjust(half, "0")


def atom_text(value: Value, budget: int = BUDGET) -> str:
    """The text of any value but a `Ref`."""
    sort = value.__class__
    if sort is int and -_LARGE < value < _LARGE:  # type: ignore[operator]
        return str(value)
    if sort is float or (sort is str and len(value) <= budget):  # type: ignore[arg-type]
        return repr(value)
    match value:
        case bool() | None:
            return str(value)
        case int():
            text = digits(value)
            if len(text) <= budget:
                return text
            head, tail = budget * 3 // 5, budget // 4
            return f"{text[:head]}<{len(text) - head - tail} more>{text[-tail:]}"
        case str() | bytes():
            if len(value) <= budget:
                return repr(value)
            head, tail = budget * 3 // 5, budget // 4
            return f"{value[:head]!r}<{len(value) - head - tail} more>{value[-tail:]!r}"
        case Opaque(kind, name):
            return f"<{kind} {name}>"
        case Exact(_, text):
            return text
        case _ if value is ...:
            return "Ellipsis"
    return repr(value)


def value_text(value: Value, heap: Heap, budget: int = BUDGET, seen: set[int] | None = None) -> str:
    """The text of a value as the heap stands; `seen` collects the ids of the objects that were looked into."""
    if type(value) is not Ref:
        return atom_text(value, budget)
    return _object_text(value, heap, budget, (), set() if seen is None else seen)


def items_text(items: Collection[Value], heap: Heap, budget: int = BUDGET) -> str:
    """The text of a list that holds these items."""
    return f"[{_joined(items, lambda item, left: _inner(item, heap, left, (), set()), budget)}]"


def _inner(value: Any, heap: Heap, budget: int, within: tuple[int, ...], seen: set[int]) -> str:
    if type(value) is not Ref:
        return atom_text(value, max(_ATOM, budget))
    return _object_text(value, heap, budget, within, seen)


def _object_text(ref: Ref, heap: Heap, budget: int, within: tuple[int, ...], seen: set[int]) -> str:
    if ref.id in within:
        return "<cycle>"
    found = heap[ref.id]
    seen.add(ref.id)
    within = (*within, ref.id)
    kind, name = found.kind, found.type
    if kind == name and budget >= _NARROW and 3 * len(found.items) <= budget:
        text = _plain_text(found)
        if text and len(text) <= max(_ATOM, budget // 3 if kind == "dict" else budget * 2 // 3):
            return text
    if kind == "object":
        return _instance_text(found, heap, budget, within, seen)
    if kind == "bytearray":
        return _wrapped(name, "bytearray", atom_text(bytes(found.items), budget))
    if kind == "dict":
        pairs = _joined(found.items.items(), _pair(heap, within, seen), budget)
        if name == "defaultdict":
            return f"defaultdict({found.note or 'None'}, {{{pairs}}})"
        return _wrapped(name, "dict", f"{{{pairs}}}")
    if kind == "tuple" and found.note:
        fields = [(field, value) for field, value in zip(found.note.split(), found.items, strict=False)]
        return f"{name}({_joined(fields, _named(heap, within, seen), budget)})"

    def element(item: Any, left: int) -> str:
        return _inner(item, heap, left, within, seen)

    inner = _joined(found.items, element, budget)
    match kind:
        case "list":
            return _wrapped(name, "list", f"[{inner}]")
        case "tuple":
            return _wrapped(name, "tuple", f"({inner},)" if len(found.items) == 1 else f"({inner})")
        case "deque":
            limit = f", maxlen={found.note}" if found.note else ""
            return f"{name}([{inner}]{limit})"
        case "set":
            return _wrapped(name, "set", f"{{{inner}}}" if inner else "set()")
    return f"{name}({{{inner}}})" if inner else f"{name}()"


def _plain_text(found: HeapObject) -> str:
    """The text of a container if Python writes it as we do, whatever its length; empty if not.

    A parenthesis says that there may be an object or one of our records among the elements.
    """
    try:
        match found.kind:
            case "list" | "dict":
                text = repr(found.items)
            case "tuple" if not found.note:
                text = repr(tuple(found.items))
            case "set" if found.items:
                text = "{" + ", ".join(map(repr, found.items)) + "}"
            case _:
                return ""
    except ValueError:  # An int with more digits than Python writes.
        return ""
    return text if "(" not in text[1:] else ""


def _wrapped(name: str, plain: str, text: str) -> str:
    """A subclass says its name around the plain text."""
    if name == plain:
        return f"bytearray({text})" if plain == "bytearray" else text
    return f"{name}({text})"


def _instance_text(found: HeapObject, heap: Heap, budget: int, within: tuple[int, ...], seen: set[int]) -> str:
    label = f"{found.type}#{found.id}"
    if not found.items:
        return f"{label}()"
    if budget < 2 * _NARROW:
        return f"{label}(...)"
    inner = _joined(found.items.items(), _named(heap, within, seen), budget - len(label))
    return f"{label}(...)" if "more>" in inner and inner.startswith("<") else f"{label}({inner})"


def _pair(heap: Heap, within: tuple[int, ...], seen: set[int]) -> Callable[[Any, int], str]:
    def write(item: Any, left: int) -> str:
        key = _inner(item[0], heap, left // 2, within, seen)
        return f"{key}: {_inner(item[1], heap, left - len(key), within, seen)}"

    return write


def _named(heap: Heap, within: tuple[int, ...], seen: set[int]) -> Callable[[Any, int], str]:
    def write(item: Any, left: int) -> str:
        return f"{item[0]}={_inner(item[1], heap, left - len(item[0]), within, seen)}"

    return write


def _joined(items: Collection[Any], write: Callable[[Any, int], str], budget: int) -> str:
    """The items, all of them or a head, a count of what is left out, and a tail."""
    count = len(items)
    if not count:
        return ""
    if budget < _NARROW and (count > 1 or budget < _NARROW // 2):
        return f"<{count} more>"
    texts, used = _until(iter(items), write, budget * 2 // 3, budget)
    if len(texts) == count:
        return ", ".join(texts)
    while len(texts) > 1 and used > budget * 2 // 3:
        used -= len(texts.pop()) + 2
    rest = islice(reversed(items), count - len(texts))  # type: ignore[call-overload]
    tail, _ = _until(rest, write, budget // 4, max(budget // 4, 1))
    if len(tail) > 1 and sum(map(len, tail)) > budget // 3:
        tail.pop()
    left = count - len(texts) - len(tail)
    return ", ".join([*texts, *([f"<{left} more>"] if left else []), *reversed(tail)])


def _until(items: Iterator[Any], write: Callable[[Any, int], str], each: int, budget: int) -> tuple[list[str], int]:
    """Texts of the first items, at least one, until they have used up the budget."""
    texts: list[str] = []
    used = 0
    for item in items:
        if used > budget:
            break
        plain = item.__class__ is int and -_LARGE < item < _LARGE
        texts.append(str(item) if plain else write(item, each))
        used += len(texts[-1]) + 2
    return texts, used


def literal_text(value: Value, heap: Heap, changed: set[int], most: int = 48) -> str | None:
    """A short Python literal for a value that may stand in a formula, else None.

    Objects in `changed` have no literal: what they held when the formula was worked out may be gone.
    """
    kind = type(value)
    if kind is int:
        return str(value) if -_LARGE < value < _LARGE else None  # type: ignore[operator]
    if kind is str or kind is bytes:
        return repr(value) if len(value) <= most else None  # type: ignore[arg-type]
    if kind is bool or value is None:
        return str(value)
    if kind is float:
        text = repr(value)
        return text if text[-1] not in "nf" else None
    if kind is Ref and value.id not in changed:  # type: ignore[union-attr]
        return _container_literal(heap[value.id], heap, changed, most)  # type: ignore[union-attr]
    return None


def _container_literal(found: HeapObject, heap: Heap, changed: set[int], most: int) -> str | None:
    items = found.items
    if found.type != found.kind or found.kind not in ("list", "tuple", "dict", "set") or 3 * len(items) > most:
        return None
    text = _plain_text(found)
    if text and len(text) <= min(most, _ATOM) and not any([odd in text for odd in _NO_LITERALS]):
        return text
    pieces = []
    for item in items.items() if found.kind == "dict" else items:
        texts = [literal_text(part, heap, changed, most) for part in (item if found.kind == "dict" else (item,))]
        if None in texts:
            return None
        pieces.append(": ".join(text for text in texts if text is not None))
    inner = ", ".join(pieces)
    if len(inner) > most:
        return None
    match found.kind:
        case "list":
            return f"[{inner}]"
        case "tuple":
            return f"({inner},)" if len(items) == 1 else f"({inner})"
        case "dict":
            return f"{{{inner}}}"
    return f"{{{inner}}}" if inner else None
