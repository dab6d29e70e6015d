"""What a text tells of one value: as it is written, an object that it is, or nothing."""

from typing import Any, NamedTuple

from templates.checking.place_text import Link as PlaceLink
from templates.checking.segment import NOTHING, Nothing
from templates.checking.value_match import Look, same, same_text
from templates.checking.value_text import Cut, Gap, Instance, Literal, Made, Pair, Row, Told, read_value
from tracer.events import Ref, Value


class Held(NamedTuple):
    """Stands where an object is held, by its number."""

    id: int


class Hidden:
    """Stands for what the text leaves out."""


HIDDEN = Hidden()
Cell = Told | Held | Hidden | str
"""A str is the text of a value that has no parts, read where it is needed."""


class Content:
    """What the text told of an object: elements in order, or by key (a set's elements are keys).

    Attributes:
        text: the text that showed all of it, its elements plain values, as long as nobody needed one of them.
        partial: whether the text left keys out.
    """

    __slots__ = ("_cells", "_keyed", "partial", "text")

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.partial = False
        self._cells: list[Cell] = []
        self._keyed: dict[Told | str, Cell] = {}

    @property
    def cells(self) -> list[Cell]:
        """The elements of a list, tuple, deque or bytearray."""
        if self.text:
            self._read()
        return self._cells

    @cells.setter
    def cells(self, cells: list[Cell]) -> None:
        self._cells = cells

    @property
    def keyed(self) -> dict[Told | str, Cell]:
        """The elements of a dict, set or instance."""
        if self.text:
            self._read()
        return self._keyed

    def _read(self) -> None:
        told, self.text = read_value(self.text), ""
        assert isinstance(told, Row)
        if told.bracket in ("[", "("):
            self._cells = list(told.items)
            return
        for item in told.items:
            if isinstance(item, Pair):
                self._keyed[item.key] = item.value
            else:
                self._keyed[item] = HIDDEN


def says(cell: Cell, value: Value, look: Look) -> bool:
    if isinstance(cell, Hidden):
        return True
    if isinstance(cell, Held):
        return isinstance(value, Ref) and value.id == cell.id
    if isinstance(cell, str):
        return not isinstance(value, Ref) and same_text(cell, value, look)
    return not isinstance(value, Ref) and same(cell, value, look)


def holds_parts(told: Told) -> bool:
    return isinstance(told, (Row, Instance))


def elements_of(told: Told) -> tuple[Told, ...]:
    """The elements that a text of a list shows; of bytes, its numbers."""
    items = shown_in(told)
    return items if items is not None else ()


def shown_in(told: Told) -> tuple[Told, ...] | None:
    """The elements, pairs or fields that the text of an object shows; None where it shows none."""
    if isinstance(told, Row):
        return told.items
    if isinstance(told, Instance):
        return told.items
    if isinstance(told, Literal) and isinstance(told.value, bytes):
        return tuple(Literal(number) for number in told.value)
    if isinstance(told, Cut) and isinstance(told.head, bytes) and isinstance(told.tail, bytes):
        head, tail = (tuple(Literal(number) for number in part) for part in (told.head, told.tail))
        return (*head, Gap(told.count), *tail)
    if not isinstance(told, Made):
        return None
    for item in told.items:
        if isinstance(item, (Row, Cut)) or (isinstance(item, Literal) and isinstance(item.value, bytes)):
            return shown_in(item)
    return told.items if all(isinstance(item, (Pair, Gap)) for item in told.items) else ()


def position_of(link: PlaceLink, size: int) -> int | None:
    """The position that a link means in so many elements."""
    if isinstance(link, str) or not isinstance(link[0], Literal) or not isinstance(link[0].value, int):
        return None
    index = link[0].value + size * (link[0].value < 0)
    return index if 0 <= index < size else None


def recorded_at(
    key: Told | str, held: dict[Value, Value], look: Look, guess: Value | Nothing = NOTHING
) -> Value | Nothing:
    """What is recorded under a key that is told, `NOTHING` where nothing is; `guess` is the key that is tried first."""
    if isinstance(key, str):
        return held.get(key, NOTHING)
    if isinstance(key, Literal):
        value: Any = key.value
        return held.get(value, NOTHING)
    if not isinstance(guess, Nothing) and same(key, guess, look):
        return held[guess]
    return next((held[place] for place in held if same(key, place, look)), NOTHING)
