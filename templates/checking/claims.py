"""Cuts prose into sentences, and finds the claims that a sentence may make by the style's patterns."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from templates.checking.kinds import KINDS

_CODE = "\x00"
_COUNT = "\x01"
_CHAIN = "\x02"
_FENCED = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", re.S)
_BARE = re.compile(r"(?<![\w\x00-\x02])(?:0|[1-9]\d{0,17})(?![\w\x00-\x02])", re.A)
_SLOT = re.compile(r"\{([#*]?)(\w+)\}")
_STEP = re.compile(r"([1-9]\d{0,17})(?:-([1-9]\d{0,17}))?\. (?:Line ([1-9]\d{0,17}): )?", re.A)
_LINKED = re.compile("\x00(?: = \x00)+")
_MARKS = {"": _CODE, "#": _COUNT, "*": _CHAIN}
_SHAPES_HELD = 20_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to make one kind of claim: its backticked slots and bare numbers, in order; `chain` is a list slot."""

    kind: str
    codes: tuple[str, ...]
    counts: tuple[str, ...]
    chain: str = ""


class Claim(NamedTuple):
    """A sentence read as one kind of claim; `forms` are the pieces of its chain, one after the other."""

    kind: str
    code: dict[str, str]
    counts: dict[str, int]
    forms: tuple[str, ...] = ()


class Shape(NamedTuple):
    """A sentence without its code: how many backticked pieces it has, its bare numbers, and what may fit it.

    Each fitting pattern comes with the place of its chain among the pieces, first and last but one, and with the
    numbers that it names.
    """

    codes: int
    counts: tuple[int, ...]
    fits: tuple["Fit", ...]


class Fit(NamedTuple):
    """A pattern that fits a sentence.

    Attributes:
        start, end: the chain's place among the pieces of code.
        counts: the bare numbers by name.
        at: the places of the other pieces in the order of the kind's slots (`templates.checking.kinds`), -1 for
            one that the pattern does not show.
    """

    pattern: Pattern
    start: int
    end: int
    counts: dict[str, int]
    at: tuple[int, ...]


class Sentence(NamedTuple):
    """A sentence of a step: its words with the code blanked, the code, and what it may be read as."""

    piece: str
    codes: tuple[str, ...]
    shape: Shape

    @property
    def text(self) -> str:
        """The sentence as it stands in the text."""
        pieces = self.piece.removeprefix(" ").split(_CODE)
        woven = [pieces[0]]
        for code, piece in zip(self.codes, pieces[1:], strict=False):
            woven += [fenced(code), piece]
        return "".join(woven)

    def claim(self, fit: Fit) -> Claim:
        """The claim that it makes by a pattern that fits."""
        pattern, start, end, counts, _ = fit
        if not pattern.chain:
            return Claim(pattern.kind, dict(zip(pattern.codes, self.codes, strict=True)), counts)
        codes = (*self.codes[:start], "", *self.codes[end:])
        named = dict(zip(pattern.codes, codes, strict=True))
        del named[pattern.chain]
        return Claim(pattern.kind, named, counts, self.codes[start:end])


class Step(NamedTuple):
    """A numbered line, or a range of numbers; `line` is the source line it names, None if it names none."""

    number: int
    last: int
    line: int | None
    text: str
    sentences: tuple[Sentence, ...]


@dataclass
class Patterns:
    """The patterns of a style by the sentence with its slots blanked, and the shapes met so far."""

    table: dict[str, tuple[Pattern, ...]] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)

    def shape(self, piece: str) -> Shape:
        """What a sentence whose code is blanked may be read as."""
        found = self.shapes.get(piece)
        if found is None:
            if len(self.shapes) >= _SHAPES_HELD:
                self.shapes.clear()
            found = self.shapes[piece] = self._shape(piece.removeprefix(" "))
        return found

    def _shape(self, piece: str) -> Shape:
        counts = tuple(int(number) for number in _BARE.findall(piece))
        blank = _BARE.sub(_COUNT, piece)
        fits = []
        for pattern in self.table.get(blank, ()):
            place = pattern.codes.index(pattern.chain) if pattern.chain else 0
            fits.append(_fit(pattern, place, place + 1, counts))
        links = list(_LINKED.finditer(blank))
        for link in links:
            length = link.group().count(_CODE)
            start = blank.count(_CODE, 0, link.start())
            chained = blank[: link.start()] + _CHAIN + blank[link.end() :]
            fits += [_fit(pattern, start, start + length, counts) for pattern in self.table.get(chained, ())]
        return Shape(piece.count(_CODE), counts, tuple(fits))


def _fit(pattern: Pattern, start: int, end: int, counts: tuple[int, ...]) -> Fit:
    places = {
        name: place if not pattern.chain or place < start else place + end - start - 1
        for place, name in enumerate(pattern.codes)
    }
    at = tuple(places.get(name, -1) for name in KINDS[pattern.kind].order)
    return Fit(pattern, start, end, dict(zip(pattern.counts, counts, strict=True)), at)


def fenced(code: str) -> str:
    """A piece of code between backticks: a fence longer than any run of backticks in it."""
    runs = [len(run) for run in re.findall("`+", code)]
    fence = "`" * (max(runs, default=0) + 1)
    pad = " " if code[:1] == "`" or code[-1:] == "`" else ""
    return f"{fence}{pad}{code}{pad}{fence}"


_STYLES = Path(__file__).parents[1]


@cache
def patterns_of(style: str | Path) -> Patterns:
    """The patterns of a style: one of ours by its name, or a folder with one `*.claims` file.

    Raises:
        OSError, ValueError: there is no such style, or a line of it is no pattern; the message names the line.
    """
    if isinstance(style, str) and not re.fullmatch(r"\w+", style):
        raise ValueError(f"no style is named {style!r}")
    folder = _STYLES / style if isinstance(style, str) else style
    paths = sorted(folder.glob("*.claims"))
    if len(paths) != 1:
        raise ValueError(f"{folder.name} holds {len(paths)} files named *.claims; a style has one")
    found = Patterns()
    _read_patterns(paths[0], found.table, frozenset())
    return found


def _read_patterns(path: Path, table: dict[str, tuple[Pattern, ...]], above: frozenset[Path]) -> None:
    if path in above:
        raise ValueError(f"{path.name} includes itself")
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("# "):
            continue
        kind, separator, sentence = line.partition(": ")
        if not separator:
            raise ValueError(f"{path.name}:{number}: no `kind: sentence` in {line!r}")
        sentence = sentence.strip()
        if kind == "include":
            if not re.fullmatch(r"\w+", sentence):
                raise ValueError(f"{path.name}:{number}: include names a style of ours, such as steps")
            _read_patterns(_STYLES / sentence / f"{sentence}.claims", table, above | {path})
            continue
        try:
            pattern, blanks = _pattern(kind, sentence)
        except ValueError as error:
            raise ValueError(f"{path.name}:{number}: {error}") from None
        for blank in blanks:
            if pattern not in table.get(blank, ()):
                table[blank] = (*table.get(blank, ()), pattern)


def _pattern(kind: str, sentence: str) -> tuple[Pattern, tuple[str, ...]]:
    """A pattern, and the blanked sentences that it fits."""
    known = KINDS.get(kind)
    if known is None:
        raise ValueError(f"no kind of claim is named {kind!r}")
    if "`" in sentence or any(mark in sentence for mark in _MARKS.values()):
        raise ValueError("a backtick stands in no pattern; code goes into a slot, {name}")
    ends = (".", ":") if kind == "opening" else (".",)
    if not sentence.endswith(ends) or "." in sentence[:-1]:
        raise ValueError("a pattern is one sentence, with one full stop at its end")
    slots = _SLOT.findall(sentence)
    names = [name for _, name in slots]
    if len(set(names)) < len(names):
        raise ValueError("a slot stands twice")
    if missing := known.needed - set(names):
        raise ValueError(f"{kind} needs the slot {sorted(missing)[0]!r}")
    for mark, name in slots:
        if name not in (known.counts if mark == "#" else known.codes) or (mark == "*" and name != known.chain):
            raise ValueError(f"{kind} has no slot {{{mark}{name}}}")
    blank = _SLOT.sub(lambda slot: _MARKS[slot[1]], sentence)
    if re.search(r"\d", _SLOT.sub("", sentence)):
        raise ValueError("a number stands in no pattern; it goes into a slot, {#name}")
    codes = tuple(name for mark, name in slots if mark != "#")
    pattern = Pattern(
        kind,
        codes,
        tuple(name for mark, name in slots if mark == "#"),
        known.chain if known.chain in codes else "",
    )
    return pattern, (blank, blank.replace(_CHAIN, _CODE)) if _CHAIN in blank else (blank,)


def _unfenced(content: str) -> str:
    if len(content) > 2 and content[0] == content[-1] == " " and "`" in (content[1], content[-2]):
        return content[1:-1]
    return content


def sentences_of(text: str, patterns: Patterns, *, marked: bool = True) -> tuple[Sentence, ...]:
    """The sentences of a line; one that no pattern matches fits nothing.

    `marked` is False where it is known that none of the marks for blanked code and numbers stands in the text.
    """
    if marked and is_marked(text):
        return (Sentence(text, (), Shape(0, (), ())),)
    codes: list[str] = []
    parts = text.split("`")
    if "" not in parts[1:-1] and len(parts) % 2:
        codes = parts[1::2]
        skeleton = _CODE.join(parts[::2])
    else:

        def blank(found: re.Match[str]) -> str:
            codes.append(_unfenced(found[2]))
            return _CODE

        skeleton = _FENCED.sub(blank, text)
    made: list[Sentence] = []
    used = 0
    shapes = patterns.shapes
    pieces = skeleton.split(".")
    last = pieces.pop()
    for piece in pieces:
        key = piece + "."
        shape = shapes.get(key) or patterns.shape(key)
        many = shape.codes
        made.append(Sentence(key, tuple(codes[used : used + many]), shape))
        used += many
    if last:
        made.append(Sentence(last, tuple(codes[used:]), patterns.shape(last)))
    return tuple(made)


def is_marked(text: str) -> bool:
    """Does a character stand in a text that marks blanked code or numbers, so that it cannot be read?"""
    return _CODE in text or _COUNT in text or _CHAIN in text


def step_of(line: str, patterns: Patterns, *, marked: bool = True) -> Step | None:
    """A numbered line taken apart; None if it bears no number."""
    found = _STEP.match(line)
    if found is None:
        return None
    first, last, named = found.groups()
    number = int(first)
    sentences = sentences_of(line[found.end() :], patterns, marked=marked)
    return Step(number, int(last) if last else number, int(named) if named else None, line, sentences)
