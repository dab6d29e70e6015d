"""Finds the claims of free text: what a sentence says of values, lines, iterations, branches, calls and output."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["becomes", "holds", "outcome", "returns", "calls", "prints", "iterations", "raises", "line"]

_VALUE = (
    r"(?:`[^`\n]+`|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|\[[^\]\n]*\]|\{[^}\n]*\}|\([^()\n]*,[^()\n]*\)"
    r"|-?\d+(?:\.\d+)?(?![\w.]*\w)|True\b|False\b|None\b)"
)
_WORDS = "the|it|this|that|which|there|and|then|so|now|value|result|function|loop|line|condition|output|answer|length"
_PLACE = rf"(?:`[^`\n]+`|(?<!\w)(?!(?i:{_WORDS})\b)[A-Za-z_]\w*(?:\[[^\]\n]+\]|\.[A-Za-z_]\w*)*)"
_SET = (
    "becomes|is now|now is|now holds|turns into|is set to|is updated to|is assigned|is increased to|is decreased to"
    "|is reduced to|is incremented to|is decremented to|is initiali[sz]ed (?:to|as|with)|gets(?: the value)?|changes to"
    "|rises to|grows to|drops to"
)
_IS = "is|equals|is equal to|==|=|stays(?: at)?|remains|is still|holds|has the value|contains|evaluates to|gives|was"
_MOVES = "goes|changes|moves|is changed|went"
_COMES_OUT = "is|evaluates to|comes out|comes out as|was|turns out"
_TRUE = r"true|True|false|False"
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

_PATTERNS: tuple[tuple[Kind, str], ...] = (
    ("becomes", rf"(?P<place>{_PLACE}) (?:{_MOVES}) from (?P<old>{_VALUE}) to (?P<value>{_VALUE})"),
    ("becomes", rf"[Ss]ets? (?P<place>{_PLACE}) to (?P<value>{_VALUE})"),
    ("becomes", rf"(?P<value>{_VALUE}) is (?:assigned|stored) (?:to|in) (?P<place>{_PLACE})"),
    ("becomes", rf"(?P<place>{_PLACE}) (?:{_SET}) (?P<value>{_VALUE})"),
    ("outcome", rf"(?P<source>`[^`\n]+`) (?:{_COMES_OUT}) (?P<value>{_TRUE})\b"),
    ("outcome", r"(?P<source>`[^`\n]+`) (?P<value>holds|fails|does not hold|is not met|is met|is satisfied)"),
    ("raises", r"[Rr]aises? (?:an? )?`?(?P<name>\w*(?:Error|Exception|Interrupt|Iteration|Exit))`?"),
    ("returns", rf"(?:(?P<name>`[^`\n]+`) )?[Rr]eturns? (?P<value>{_VALUE})"),
    ("returns", rf"(?P<name>)return value (?:is|of) (?P<value>{_VALUE})"),
    ("calls", r"[Cc]all(?:s|ing)?(?: to)? (?P<call>`\w[\w.]*\([^`\n]*\)`)"),
    ("prints", rf"(?:[Pp]rint(?:s|ed)?|[Oo]utputs?|[Dd]isplays?) (?P<value>{_VALUE})"),
    ("iterations", r"(?:runs?|iterates?|repeats?|executes?|loops?) (?:exactly )?(?P<count>\d+) times"),
    ("iterations", r"(?:after|in|makes|does|for|total of) (?P<count>\d+) iterations?"),
    ("holds", rf"(?P<place>{_PLACE}) (?:{_IS}) (?P<value>{_VALUE})"),
)
_FORMS = tuple((kind, re.compile(pattern)) for kind, pattern in _PATTERNS)
_ASSIGNED = re.compile(r"`([^`=\n]+?) = ([^`=\n]+)`")
_LINE = re.compile(r"\b[Ll]ine (\d+)")
_STEP = re.compile(r"^\s*(?:[Ss]tep )?(\d+)[.:)] ")
_ITERATION = re.compile(rf"\b[Ii]teration (\d+)|\b({'|'.join(_ORDINALS)}) (?:iteration|pass|round)")
_PIECE = re.compile(r"`([^`\n]+)`")
_PAUSE = re.compile(r"[,;:] ")
_LEADING = re.compile(r"(?:\w+ )?(?:(?:[Oo]n|[Aa]t|[Ii]n) )?[Ll]ine (\d+)[,:] ")
"""The line of which the whole sentence speaks."""
_END = re.compile(r"(?<=[.!?;])\s+|\n+")


@dataclass(frozen=True, slots=True)
class TextClaim:
    """One claim of a sentence.

    Attributes:
        text: the words that make it.
        subject: the place, expression, function or exception that it is of; empty where it names none.
        value: what it says of it; `old` what stood there before, where that is said.
        lines, iteration: the lines and the iteration that the sentence speaks of.
    """

    kind: Kind
    text: str
    subject: str = ""
    value: str = ""
    old: str = ""
    lines: tuple[int, ...] = ()
    iteration: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence of the text: its claims, and the pieces of code that none of them covers."""

    number: int
    text: str
    claims: tuple[TextClaim, ...]
    rest: tuple[str, ...]


def passages(text: str) -> Iterator[Passage]:
    """The sentences of a text, in order, numbered from 1."""
    for number, sentence in enumerate(_sentences(text), start=1):
        yield _passage(number, sentence)


def _sentences(text: str) -> list[str]:
    """Cuts at ends of sentences and lines, but not within code."""
    hidden = _PIECE.sub(lambda piece: piece[0].replace(" ", "\x00"), text)
    return [piece.replace("\x00", " ").strip() for piece in _END.split(hidden) if piece.strip()]


def _passage(number: int, sentence: str) -> Passage:
    body = _STEP.sub("", sentence)
    mentioned = [(found.start(), int(found[1])) for found in _LINE.finditer(body)]
    clauses = _clauses(body)
    told = _ITERATION.search(body)
    iteration = None
    if told is not None:
        iteration = int(told[1]) if told[1] else _ORDINALS.index(told[2]) + 1
    claims: list[TextClaim] = []
    taken: list[tuple[int, int]] = []
    for kind, pattern in _FORMS:
        for found in pattern.finditer(body):
            if any(found.start() < end and start < found.end() for start, end in taken):
                continue
            taken.append(found.span())
            claims.append(_claim(kind, found, _lines_of(found.start(), body, mentioned, clauses), iteration))
    for found in _ASSIGNED.finditer(body):
        if not any(found.start() < end and start < found.end() for start, end in taken):
            taken.append(found.span())
            lines = _lines_of(found.start(), body, mentioned, clauses)
            claims.append(TextClaim("holds", found[0], found[1].strip(), found[2].strip(), "", lines, iteration))
    claims += [TextClaim("line", f"line {line}", lines=(line,)) for _, line in mentioned]
    rest = [
        found[1]
        for found in _PIECE.finditer(body)
        if not any(start <= found.start() and found.end() <= end for start, end in taken)
    ]
    claims.sort(key=lambda claim: body.find(claim.text))
    return Passage(number, sentence, tuple(claims), tuple(rest))


def _clauses(body: str) -> list[tuple[int, int]]:
    """Where the clauses of a sentence stand, cut at commas and the like outside of code."""
    hidden = _PIECE.sub(lambda piece: "\x00" * len(piece[0]), body)
    ends = [found.end() for found in _PAUSE.finditer(hidden)]
    return list(zip([0, *ends], [*ends, len(body)], strict=True))


def _lines_of(at: int, body: str, mentioned: list[tuple[int, int]], clauses: list[tuple[int, int]]) -> tuple[int, ...]:
    """The lines that a claim is said of: those of its clause, else the one that the sentence begins with."""
    start, end = next(((start, end) for start, end in clauses if start <= at < end), (0, at))
    leading = _LEADING.match(body)
    own = tuple(line for place, line in mentioned if start <= place < end)
    if own or not mentioned:
        return own
    return (int(leading[1]),) if leading is not None else ()


def _claim(kind: Kind, found: re.Match[str], lines: tuple[int, ...], iteration: int | None) -> TextClaim:
    said = {name: (text or "").strip("`") for name, text in found.groupdict().items()}
    subject = said.get("place") or said.get("source") or said.get("name") or said.get("call") or ""
    value = said.get("value") or said.get("count") or ""
    if kind == "outcome":
        value = "True" if value.lower() in ("true", "holds", "is met", "is satisfied") else "False"
    return TextClaim(kind, found[0], subject, value, said.get("old", ""), lines, iteration)
