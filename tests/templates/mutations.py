"""Makes one false step out of a true narration: seeded edits of single slots, sentences and steps."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from templates.checking.claims import Pattern, Patterns, Sentence, sentences_of

_HEADING = re.compile(r"(\d+)(-\d+)?\. (?:Line (\d+): )?")
_TOKEN = re.compile(r"\d+|True|False|None|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\W\d]\w*")
_OPPOSITES = {
    **{"condition_true": "condition_false", "condition_false": "condition_true", "take": "skip", "skip": "take"},
    **{"case_true": "case_false", "case_false": "case_true", "catch": "no_catch", "no_catch": "catch"},
    **{"iteration": "loop_end", "loop_end": "iteration"},
    **{"inner_true": "inner_false", "inner_false": "inner_true"},
}
_ROUNDS = frozenset({"inner_true", "inner_false", "inner_element", "inner_form", "lambda_value", "key_value"})
"""Each of these completes what one round or call evaluates."""
_TOLD_ONCE = frozenset({"becomes", "change", "put", "append", "append_all", "insert", "pop", "add", "discard", "print"})
_EVENTS = frozenset({"call", "return", "yield", "raise", "pass_on", "unwind", "resume", "program_end", "call_end"})
_NAMED = ("<module ", "<function ", "<class ")


class Line(NamedTuple):
    """A numbered line taken apart."""

    heading: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Mutant:
    """A narration with one thing changed, and what that was."""

    kind: str
    explanation: str
    answer: str
    what: str


class _Narration:
    """A narration taken apart into lines."""

    def __init__(self, explanation: str, answer: str, patterns: Patterns, chance: random.Random) -> None:
        self.lines = explanation.split("\n")
        self.answer = answer
        self.patterns = patterns
        self.chance = chance
        self.steps: dict[int, Line] = {}
        for number, line in enumerate(self.lines):
            if found := _HEADING.match(line):
                self.steps[number] = Line(found.group(), sentences_of(line[found.end() :], patterns))

    def with_line(self, number: int, line: str) -> str:
        return "\n".join([*self.lines[:number], line, *self.lines[number + 1 :]])

    def pick(self, fits: Callable[[Pattern], bool]) -> tuple[int, int, Pattern, int] | None:
        """A random sentence that is read as a pattern that fits: line, place in it, pattern, place of its chain."""
        found = [
            (number, place, pattern, start)
            for number, line in self.steps.items()
            for place, sentence in enumerate(line.sentences)
            for pattern, start, *_ in sentence.shape.fits[:1]
            if fits(pattern)
        ]
        return self.chance.choice(found) if found else None

    def with_sentence(self, number: int, place: int, text: str) -> str:
        heading, sentences = self.steps[number]
        texts = [sentence.text for sentence in sentences]
        texts[place] = text
        return self.with_line(number, heading + " ".join(text for text in texts if text))


def _other(text: str, chance: random.Random) -> str:
    """A piece of code that says something else."""
    tokens = list(_TOKEN.finditer(text))
    if not tokens:
        return text + "0"
    token = chance.choice(tokens)
    piece = token.group()
    if piece.isdigit():
        new = str(int(piece) + chance.choice([1, 2, 10])) if len(piece) < 4000 else piece[:-1]
    elif piece in ("True", "False"):
        new = "False" if piece == "True" else "True"
    elif piece == "None":
        new = "0"
    elif piece[0] in "'\"":
        new = piece[:-1] + "x" + piece[-1] if len(piece) < 4 or chance.random() < 0.5 else piece[0] + piece[2:]
    else:
        new = piece + "_"
    return text[: token.start()] + new + text[token.end() :]


def _say(sentence: Sentence, codes: tuple[str, ...]) -> str:
    return Sentence(sentence.piece, codes, sentence.shape).text


def _at(pattern: Pattern, slot: str) -> int:
    """Where a slot stands among a sentence's pieces of code, counted from the end where a chain comes before it."""
    at = pattern.codes.index(slot)
    chain = pattern.codes.index(pattern.chain) if pattern.chain else len(pattern.codes)
    return at if at <= chain else at - len(pattern.codes)


def _slot(told: _Narration, kinds: Callable[[Pattern], bool], slot: str) -> tuple[str, str] | None:
    """Changes what stands in one backticked slot."""
    found = told.pick(lambda pattern: slot in pattern.codes and kinds(pattern))
    if found is None:
        return None
    number, place, pattern, _ = found
    sentence = told.steps[number].sentences[place]
    at = _at(pattern, slot)
    codes = list(sentence.codes)
    codes[at] = _other(codes[at], told.chance)
    return told.with_sentence(number, place, _say(sentence, tuple(codes))), f"{sentence.text} -> {codes[at]}"


def _count(told: _Narration, kinds: Callable[[Pattern], bool], slot: str) -> tuple[str, str] | None:
    """Changes one bare number."""
    found = told.pick(lambda pattern: slot in pattern.counts and kinds(pattern))
    if found is None:
        return None
    number, place, pattern, _ = found
    sentence = told.steps[number].sentences[place]
    at = pattern.counts.index(slot)
    seen = -1

    def shift(digits: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return str(int(digits[0]) + told.chance.choice([1, 2])) if seen == at else digits[0]

    piece = re.sub(r"(?<![\w\x00])\d+(?![\w\x00])", shift, sentence.piece)
    text = Sentence(piece, sentence.codes, sentence.shape).text
    return told.with_sentence(number, place, text), f"{sentence.text} -> {text}"


def _any(pattern: Pattern) -> bool:
    return True


def _value(told: _Narration) -> tuple[str, str] | None:
    return _slot(told, lambda pattern: pattern.kind != "evaluate", "value")


def _shown(told: _Narration) -> tuple[str, str] | None:
    return _slot(told, _any, "shown")


def _source(told: _Narration) -> tuple[str, str] | None:
    return _slot(told, _any, "source")


def _old(told: _Narration) -> tuple[str, str] | None:
    return _slot(told, _any, "old")


def _argument(told: _Narration) -> tuple[str, str] | None:
    return _slot(told, _any, "call")


def _place(told: _Narration) -> tuple[str, str] | None:
    return _slot(told, _any, "place")


def _index(told: _Narration) -> tuple[str, str] | None:
    """Shifts an index, inside a place or bare."""
    if told.chance.random() < 0.3 and (made := _count(told, _any, "i")):
        return made
    found = [
        (number, place, at, match)
        for number, line in told.steps.items()
        for place, sentence in enumerate(line.sentences)
        for pattern, *_ in sentence.shape.fits[:1]
        if "place" in pattern.codes
        for at in [_at(pattern, "place")]
        for match in re.finditer(r"\[(\d+)\]", sentence.codes[at])
    ]
    if not found:
        return None
    number, place, at, match = told.chance.choice(found)
    sentence = told.steps[number].sentences[place]
    codes = list(sentence.codes)
    codes[at] = f"{codes[at][: match.start(1)]}{int(match[1]) + 1}{codes[at][match.end(1) :]}"
    return told.with_sentence(number, place, _say(sentence, tuple(codes))), f"{sentence.text} -> {codes[at]}"


def _iteration(told: _Narration) -> tuple[str, str] | None:
    return _count(told, _any, told.chance.choice(["k", "j"]))


def _depth(told: _Narration) -> tuple[str, str] | None:
    return _count(told, _any, "d")


def _length(told: _Narration) -> tuple[str, str] | None:
    return _count(told, _any, "n")


def _output(told: _Narration) -> tuple[str, str] | None:
    return _slot(told, lambda pattern: pattern.kind.startswith("print"), "text")


def _input(told: _Narration) -> tuple[str, str] | None:
    return _slot(told, lambda pattern: pattern.kind.startswith("read"), "text")


def _line(told: _Narration) -> tuple[str, str] | None:
    """Names another line, in the heading or within a sentence."""
    if told.chance.random() < 0.4 and (made := _count(told, _any, "l")):
        return made
    found = [number for number, line in told.steps.items() if "Line " in line.heading]
    if not found:
        return None
    number = told.chance.choice(found)
    heading = told.steps[number].heading
    head, _, line = heading.rpartition("Line ")
    moved = int(line.rstrip(": ")) + told.chance.choice([-1, 1, 2])
    text = told.lines[number]
    return told.with_line(number, f"{head}Line {max(moved, 0)}: {text[len(heading) :]}"), f"{heading} -> {moved}"


def _branch(told: _Narration) -> tuple[str, str] | None:
    """Says the opposite outcome."""
    table = told.patterns.table

    def opposite(pattern: Pattern) -> list[str]:
        other = _OPPOSITES.get(pattern.kind)
        return [
            blank
            for blank, patterns in table.items()
            for each in patterns
            if each.kind == other
            and (each.codes, each.counts, each.chain) == (pattern.codes, pattern.counts, pattern.chain)
        ]

    found = told.pick(lambda pattern: bool(opposite(pattern)))
    if found is None:
        return None
    number, place, pattern, _ = found
    sentence = told.steps[number].sentences[place]
    blank = told.chance.choice(opposite(pattern))
    counts = iter(sentence.shape.counts)
    piece = re.sub("\x01", lambda _: str(next(counts)), blank)
    linked = "\x00" + " = \x00" * (len(sentence.codes) - len(pattern.codes))
    text = Sentence(piece.replace("\x02", linked), sentence.codes, sentence.shape).text
    return told.with_sentence(number, place, text), f"{sentence.text} -> {text}"


def _swap(told: _Narration) -> tuple[str, str] | None:
    """Swaps what two neighbouring steps say, their numbers kept."""
    numbers = [number for number in told.steps if number + 1 in told.steps]
    bodies = {number: told.lines[number].partition(". ")[2] for number in told.steps}
    numbers = [number for number in numbers if bodies[number] != bodies[number + 1]]
    if not numbers:
        return None
    number = told.chance.choice(numbers)
    lines = list(told.lines)
    for at, body in ((number, bodies[number + 1]), (number + 1, bodies[number])):
        lines[at] = f"{lines[at].partition('. ')[0]}. {body}"
    return "\n".join(lines), f"{told.lines[number]} <-> {told.lines[number + 1]}"


def _renumbered(lines: list[str], at: int, shift: int) -> list[str]:
    """The lines from `at` on with their numbers shifted."""

    def moved(line: str) -> str:
        found = re.match(r"(\d+)(?:-(\d+))?(\. .*)", line, re.S)
        if found is None:
            return line
        last = f"-{int(found[2]) + shift}" if found[2] else ""
        return f"{int(found[1]) + shift}{last}{found[3]}"

    return lines[:at] + [moved(line) for line in lines[at:]]


def _drop(told: _Narration) -> tuple[str, str] | None:
    """Leaves a step out, the rest numbered anew or not."""
    number = told.chance.choice(list(told.steps))
    rest = told.lines[:number] + told.lines[number + 1 :]
    if told.chance.random() < 0.7:
        heading = told.steps[number].heading
        first, _, last = heading.split(".")[0].partition("-")
        rest = _renumbered(rest, number, -(int(last or first) - int(first) + 1))
    return "\n".join(rest), told.lines[number]


def _repeat(told: _Narration) -> tuple[str, str] | None:
    """Tells a step twice."""
    number = told.chance.choice(list(told.steps))
    line = told.lines[number]
    return "\n".join(_renumbered([*told.lines[: number + 1], line, *told.lines[number + 1 :]], number + 1, 1)), line


def _silence(told: _Narration) -> tuple[str, str] | None:
    """Leaves one change, output or event out of its step."""
    found = told.pick(lambda pattern: pattern.kind in _TOLD_ONCE | _EVENTS)
    if found is None:
        return None
    number, place, _, _ = found
    if any(code.startswith(_NAMED) for code in told.steps[number].sentences[place].codes):
        return None  # What a definition or an import binds need not be told.
    return told.with_sentence(number, place, ""), told.steps[number].sentences[place].text


def _twice(told: _Narration) -> tuple[str, str] | None:
    """Says a change twice within its step."""
    found = told.pick(lambda pattern: pattern.kind in _TOLD_ONCE)
    if found is None:
        return None
    number, place, _, _ = found
    text = told.steps[number].sentences[place].text
    return told.with_sentence(number, place, f"{text} {text}"), text


def _moved(told: _Narration) -> tuple[str, str] | None:
    """Tells a change one step too late."""
    found = told.pick(lambda pattern: pattern.kind in _TOLD_ONCE)
    if found is None or found[0] + 1 not in told.steps:
        return None
    number, place, _, _ = found
    text = told.steps[number].sentences[place].text
    lines = told.with_sentence(number, place, "").split("\n")
    lines[number + 1] += f" {text}"
    return "\n".join(lines), text


def _bound(told: _Narration) -> tuple[str, str] | None:
    """Says another value of a name in a comprehension or lambda."""
    return _slot(told, _any, "bound")


def _cell(told: _Narration) -> tuple[str, str] | None:
    """Changes one of the values that are told one after another, or leaves the last one out."""
    found = told.pick(lambda pattern: pattern.kind in ("inner_rounds", "inner_column"))
    if found is None:
        return None
    number, place, pattern, _ = found
    sentence = told.steps[number].sentences[place]
    at = _at(pattern, "items" if "items" in pattern.codes else "values")
    codes, text = list(sentence.codes), sentence.codes[at]
    head, _, last = text.rpartition(", ")
    shorter = head + "]" if told.chance.random() < 0.4 and not set(last) & set("]})'\"") - {"]"} else ""
    codes[at] = shorter if shorter.count("[") == shorter.count("]") == 1 else _other(text, told.chance)
    return told.with_sentence(number, place, _say(sentence, tuple(codes))), f"{sentence.text} -> {codes[at]}"


def _two_rounds(told: _Narration) -> tuple[int, int, int] | None:
    """A line and the places of two rounds in it that have other names or values."""
    found = []
    for number, line in told.steps.items():
        rounds = [
            (place, sentence.codes)
            for place, sentence in enumerate(line.sentences)
            for pattern, *_ in sentence.shape.fits[:1]
            if pattern.kind in _ROUNDS and "bound" in pattern.codes
        ]
        found += [(number, one, other) for (one, codes), (other, others) in pairwise(rounds) if codes != others]
    return told.chance.choice(found) if found else None


def _rounds_swapped(told: _Narration) -> tuple[str, str] | None:
    found = _two_rounds(told)
    if found is None:
        return None
    number, one, other = found
    heading, sentences = told.steps[number]
    texts = [sentence.text for sentence in sentences]
    texts[one], texts[other] = texts[other], texts[one]
    return told.with_line(number, heading + " ".join(texts)), f"{texts[other]} <-> {texts[one]}"


def _round_dropped(told: _Narration) -> tuple[str, str] | None:
    """Leaves one round of several out."""
    found = _two_rounds(told)
    if found is None:
        return None
    number, place = found[0], told.chance.choice(found[1:])
    return told.with_sentence(number, place, ""), told.steps[number].sentences[place].text


def _round_twice(told: _Narration) -> tuple[str, str] | None:
    found = _two_rounds(told)
    if found is None:
        return None
    number, place = found[0], told.chance.choice(found[1:])
    text = told.steps[number].sentences[place].text
    return told.with_sentence(number, place, f"{text} {text}"), text


def _tampered_answer(told: _Narration) -> str:
    answer = told.answer
    at = told.chance.randrange(len(answer))
    return answer[:at] + ("1" if answer[at] != "1" else "2") + answer[at + 1 :]


MUTATIONS: dict[str, Callable[[_Narration], tuple[str, str] | None]] = {
    "value": _value,
    "old value": _old,
    "operand": _shown,
    "source": _source,
    "place": _place,
    "index": _index,
    "argument": _argument,
    "output": _output,
    "input": _input,
    "iteration": _iteration,
    "length": _length,
    "depth": _depth,
    "line": _line,
    "branch": _branch,
    "swapped steps": _swap,
    "dropped step": _drop,
    "repeated step": _repeat,
    "change left out": _silence,
    "change told twice": _twice,
    "change told late": _moved,
    "name in a round": _bound,
    "value of many": _cell,
    "swapped rounds": _rounds_swapped,
    "dropped round": _round_dropped,
    "repeated round": _round_twice,
}
"""What can be made false; each takes a narration and gives it back changed, with what was changed."""
KINDS = (*MUTATIONS, "answer")


def mutate(explanation: str, answer: str, patterns: Patterns, kind: str, seed: int) -> Mutant | None:
    """One mutant of a kind, None where the narration has nothing of that kind to change."""
    told = _Narration(explanation, answer, patterns, random.Random(f"{kind} {seed}"))
    if kind == "answer":
        return Mutant(kind, explanation, _tampered_answer(told), "the answer") if answer else None
    if not told.steps:
        return None
    made = MUTATIONS[kind](told)
    if made is None or made[0] == explanation:
        return None
    return Mutant(kind, made[0], answer, made[1])
