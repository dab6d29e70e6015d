"""Cuts prose into sentences, and finds the claims that a sentence may make by the style's patterns."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_CODE = "\x00"
_COUNT = "\x01"
_FENCED = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", re.S)
_BARE = re.compile(r"(?<![\w\x00\x01])(?:0|[1-9]\d{0,17})(?![\w\x00\x01])", re.A)
_SLOT = re.compile(r"\{(#?)(\w+)\}")
_STEP = re.compile(r"([1-9]\d{0,17})\. (?:Line ([1-9]\d{0,17}): )?", re.A)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to make one kind of claim: the names of its backticked slots, and of its bare numbers."""

    kind: str
    codes: tuple[str, ...]
    counts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence read as one kind of claim."""

    kind: str
    code: dict[str, str]
    count: dict[str, int]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a step, as it stands in the text, and every claim that it may be read as."""

    text: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A numbered line; `line` is the source line it names, None if it names none."""

    number: int
    line: int | None
    text: str
    sentences: tuple[Sentence, ...]


Patterns = dict[str, tuple[Pattern, ...]]


@cache
def patterns_of(style: str) -> Patterns:
    """The patterns of a style, by the sentence with its slots blanked.

    Raises:
        OSError, ValueError: there is no such style, or a line of it is no pattern.
    """
    if not re.fullmatch(r"\w+", style):
        raise ValueError(f"no style is named {style!r}")
    found: dict[str, tuple[Pattern, ...]] = {}
    path = Path(__file__).parents[1] / style / f"{style}.claims"
    for line in path.read_text("utf-8").splitlines():
        if not line.strip():
            continue
        kind, separator, sentence = line.partition(": ")
        if not separator:
            raise ValueError(f"{path.name}: no `kind: sentence` in {line!r}")
        slots = _SLOT.findall(sentence)
        blank = _SLOT.sub(lambda slot: _COUNT if slot[1] else _CODE, sentence.strip())
        pattern = Pattern(kind, tuple(n for h, n in slots if not h), tuple(n for h, n in slots if h))
        found[blank] = (*found.get(blank, ()), pattern)
    return found


def _unfenced(content: str) -> str:
    if len(content) > 2 and content[0] == content[-1] == " " and "`" in (content[1], content[-2]):
        return content[1:-1]
    return content


def sentences_of(text: str, patterns: Patterns) -> tuple[Sentence, ...]:
    """The sentences of a line; one that no pattern matches has no claims."""
    if _CODE in text or _COUNT in text:
        return (Sentence(text, ()),)
    codes: list[str] = []
    ends: list[tuple[int, int]] = []

    def blank(found: re.Match[str]) -> str:
        codes.append(_unfenced(found[2]))
        ends.append(found.span())
        return _CODE

    skeleton = _FENCED.sub(blank, text)
    made: list[Sentence] = []
    used = start = shift = 0
    for piece in _split(skeleton):
        many = piece.count(_CODE)
        end = start + len(piece)
        grown = shift + sum(b - a - 1 for a, b in ends[used : used + many])
        made.append(_sentence(text[start + shift : end + grown].strip(" "), piece, codes[used : used + many], patterns))
        used, start, shift = used + many, end, grown
    return tuple(made)


def _split(skeleton: str) -> list[str]:
    """Pieces that each end with a full stop, the blank after it kept with the piece that follows."""
    pieces = skeleton.split(".")
    last = pieces.pop()
    return [piece + "." for piece in pieces] + ([last] if last else [])


def _sentence(text: str, piece: str, codes: list[str], patterns: Patterns) -> Sentence:
    piece = piece.removeprefix(" ")
    numbers: list[int] = []

    def blank(found: re.Match[str]) -> str:
        numbers.append(int(found[0]))
        return _COUNT

    claims = tuple(
        Claim(
            pattern.kind, dict(zip(pattern.codes, codes, strict=True)), dict(zip(pattern.counts, numbers, strict=True))
        )
        for pattern in patterns.get(_BARE.sub(blank, piece), ())
    )
    return Sentence(text, claims)


def step_of(line: str, patterns: Patterns) -> Step | None:
    """A numbered line taken apart; None if it bears no number."""
    found = _STEP.match(line)
    if found is None:
        return None
    named = int(found[2]) if found[2] else None
    return Step(int(found[1]), named, line, sentences_of(line[found.end() :], patterns))
