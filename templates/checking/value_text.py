"""Reads the text of a value, by the table of the style's README, into a structure that can be compared."""

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from templates.checking.quiet import without_warnings

MAX_TEXT = 20_000
"""Characters of one value, place or expression that are read at all."""
_LONG = 4_000
"""Digits from which on an int is kept as text: Python refuses to convert much longer ones."""


class Unreadable(ValueError):
    """The text is no value, place or expression; the message says where it stops being one."""


@dataclass(frozen=True, slots=True)
class Literal:
    """An int, str, bytes, bool, None or Ellipsis."""

    value: object


@dataclass(frozen=True, slots=True)
class Raw:
    """A float, complex number or exact text of the library, compared letter by letter."""

    text: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A str, bytes or run of digits with `count` characters left out of its middle."""

    head: str | bytes
    count: int
    tail: str | bytes
    digits: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Elements of a container that are left out."""

    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """Elements in brackets: `[` list, `(` tuple, `{` set, `:` dict (elements are `Pair`s)."""

    bracket: str
    items: tuple["Told", ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A key with its value, or a field's or argument's name (a str) with its value."""

    key: "Told | str"
    value: "Told"


@dataclass(frozen=True, slots=True)
class Made:
    """A name with arguments in parentheses; `text` is the whole of it, for `Exact` values."""

    name: str
    items: tuple["Told", ...]
    text: str


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the program; `items` is None where its content is not told."""

    type: str
    id: int
    items: tuple["Told", ...] | None


@dataclass(frozen=True, slots=True)
class Named:
    """`<KIND NAME>`."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Cycle:
    """An object inside itself."""


Told = Literal | Raw | Cut | Gap | Row | Pair | Made | Instance | Named | Cycle

_NUMBER = re.compile(r"-?(?:inf|nan|\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w.])")
_CUT_DIGITS = re.compile(r"(-?[1-9]\d*)<([1-9]\d*) more>(\d+)(?![\w.])")
_COMPLEX = re.compile(
    r"-?[\d.]+(?:e[+-]?\d+)?j(?!\w)|\((?:-?(?:nan|inf|[\d.]+(?:e[+-]?\d+)?)[+-])(?:nan|inf|[\d.e+-]+)j\)"
)
_STRING = re.compile(r"b?(?:'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")", re.S)
_MORE = re.compile(r"<([1-9]\d*) more>")
_NAMED = re.compile(r"<(\w+) ((?:<[\w ]+>|[^<>`])+)>")
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_FIELD = re.compile(r"([^\W\d]\w*)=(?!=)")
_INSTANCE = re.compile(r"([^\W\d]\w*)#(0|[1-9]\d*)\(")
_WORDS: dict[str, object] = {"None": None, "True": True, "False": False, "Ellipsis": ...}
_CLOSERS = {"[": "]", "(": ")", "{": "}"}


class Reader:
    """Reads values one after the other from a text; `at` is where the next one begins."""

    def __init__(self, text: str, at: int = 0) -> None:
        if len(text) > MAX_TEXT:
            raise Unreadable(f"{len(text)} characters are more than are read at once")
        self.text = text
        self.at = at

    def fail(self, wanted: str) -> NoReturn:
        """Raises `Unreadable` for what stands here."""
        raise Unreadable(f"{wanted} expected at {self.text[self.at : self.at + 20]!r}")

    def value(self) -> Told:
        """One value."""
        text, at = self.text, self.at
        first = text[at : at + 1]
        if first in ("'", '"') or (first == "b" and text[at + 1 : at + 2] in ("'", '"')):
            return self._string()
        if first.isdigit() or first == "-":
            return self._number()
        if first == "(" and (found := _COMPLEX.match(text, at)):
            self.at = found.end()
            return Raw(found.group())
        if first in ("[", "(", "{"):
            return self._row(first)
        if first == "<":
            return self._marked()
        return self._word()

    def _string(self) -> Told:
        head = self._quoted()
        more = _MORE.match(self.text, self.at)
        if more is None:
            return Literal(head)
        self.at = more.end()
        tail = self._quoted()
        if type(tail) is not type(head) or not tail:
            self.fail("the end of a cut text")
        return Cut(head, int(more[1][:_LONG]), tail)

    def _quoted(self) -> str | bytes:
        found = _STRING.match(self.text, self.at)
        if found is None:
            self.fail("a quoted text")
        self.at = found.end()
        piece = found.group()
        if "\\" not in piece and piece[0] != "b":
            return piece[1:-1]
        try:
            with without_warnings():
                value = ast.literal_eval(piece)
        except (SyntaxError, ValueError) as error:
            raise Unreadable(f"{piece[:40]} is no literal") from error
        assert isinstance(value, (str, bytes))
        return value

    def _number(self) -> Told:
        text = self.text
        cut = _CUT_DIGITS.match(text, self.at)
        if cut is not None:
            self.at = cut.end()
            return Cut(cut[1], int(cut[2][:_LONG]), cut[3], digits=True)
        found = _COMPLEX.match(text, self.at) or _NUMBER.match(text, self.at)
        if found is None:
            self.fail("a number")
        self.at = found.end()
        piece = found.group()
        plain = piece[1:] if piece[0] == "-" else piece
        if not plain.isdigit():
            return Raw(piece)
        if plain[0] == "0" and piece != "0":
            self.fail("a number without leading zeros")
        return Cut(piece, 0, "", digits=True) if len(plain) > _LONG else Literal(int(piece))

    def _row(self, bracket: str) -> Told:
        self.at += 1
        pairs = bracket == "{"
        items = self.items(_CLOSERS[bracket], pairs=pairs)
        if bracket == "(" and len(items) == 1:
            if self.text[self.at - 2] != "," and type(items[0]) is not Gap:
                self.fail("the comma of a tuple of one before the place")
        elif self.text[self.at - 2] == "," and items:
            self.fail("no comma before the place")
        if bracket == "{" and any(type(item) is not Pair for item in items):
            if all(type(item) is Gap for item in items):
                return Row("{:", items)
            if any(type(item) is Pair for item in items):
                return Row(":", items) if all(type(i) in (Pair, Gap) for i in items) else self.fail("keys before")
            return Row("{", items)
        return Row(":" if bracket == "{" else bracket, items)

    def items(self, closer: str, *, pairs: bool = False, fields: bool = False) -> tuple[Told, ...]:
        """Comma-separated values up to a closing bracket; a comma before it is left to the caller to judge."""
        found: list[Told] = []
        text = self.text
        while True:
            if text[self.at : self.at + 1] == closer:
                self.at += 1
                return tuple(found)
            found.append(self._item(pairs, fields))
            if text.startswith(", ", self.at):
                self.at += 2
            elif text.startswith("," + closer, self.at) and len(found) == 1:
                self.at += 1
            elif text[self.at : self.at + 1] != closer:
                self.fail(f"{closer!r}")

    def _item(self, pairs: bool, fields: bool) -> Told:
        if more := _MORE.match(self.text, self.at):
            self.at = more.end()
            return Gap(int(more[1][:_LONG]))
        if fields and (field := _FIELD.match(self.text, self.at)):
            self.at = field.end()
            return Pair(field[1], self.value())
        value = self.value()
        if pairs and self.text.startswith(": ", self.at):
            self.at += 2
            return Pair(value, self.value())
        return value

    def _marked(self) -> Told:
        if self.text.startswith("<cycle>", self.at):
            self.at += 7
            return Cycle()
        if self.text.startswith("<lambda>", self.at):
            self.at += 8
            return Named("", "<lambda>")
        found = _NAMED.match(self.text, self.at)
        if found is None or _MORE.match(self.text, self.at):
            self.fail("a value")
        self.at = found.end()
        return Named(found[1], found[2])

    def _word(self) -> Told:
        start = self.at
        if found := _INSTANCE.match(self.text, start):
            self.at = found.end()
            number = int(found[2][:_LONG])
            if self.text.startswith("...)", self.at):
                self.at += 4
                return Instance(found[1], number, None)
            return Instance(found[1], number, self.items(")", fields=True))
        found = _NAME.match(self.text, start)
        if found is None:
            self.fail("a value")
        self.at = found.end()
        word = found.group()
        if self.text[self.at : self.at + 1] == "(":
            self.at += 1
            items = self.items(")", fields=True)
            return Made(word, items, self.text[start : self.at])
        if word in _WORDS:
            return Literal(_WORDS[word])
        return Raw(word)


@lru_cache(maxsize=8192)
def read_value(text: str) -> Told:
    """The structure of a whole value text.

    Raises:
        Unreadable: the text is not exactly one value.
    """
    reader = Reader(text)
    try:
        told = reader.value()
    except RecursionError as error:
        raise Unreadable("nested too deeply") from error
    if reader.at != len(text):
        reader.fail("the end")
    return told
