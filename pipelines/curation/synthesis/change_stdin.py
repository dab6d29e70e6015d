"""Makes inputs from inputs: tokens are changed by their type, and counts stay in step with what they count."""

import re
from collections.abc import Callable, Sequence
from random import Random

from pipelines.curation.synthesis.change_value import change_value

_INTEGER = re.compile(r"-?\d{1,18}")
_REAL = re.compile(r"-?\d+\.\d+")
_SECOND_CHANGE = 0.3

Lines = list[list[str]]


def _changed_token(token: str, chance: Random, alphabet: str) -> str:
    if _INTEGER.fullmatch(token):
        made = change_value(int(token), chance)
        return str(made if token.startswith("-") or chance.random() < 0.1 else abs(made))
    if _REAL.fullmatch(token):
        return f"{change_value(float(token), chance):.{len(token.partition('.')[2])}f}"
    return "".join(change_value(token, chance, alphabet).split()) or token


def _one_token(lines: Lines, chance: Random, alphabet: str) -> Lines:
    at = chance.choice([place for place, line in enumerate(lines) if line])
    line = lines[at]
    token = chance.randrange(len(line))
    new = [*line[:token], _changed_token(line[token], chance, alphabet), *line[token + 1 :]]
    return [*lines[:at], new, *lines[at + 1 :]]


def _one_line(lines: Lines, chance: Random, alphabet: str) -> Lines:
    """All tokens of a line changed, or put in another order."""
    at = chance.choice([place for place, line in enumerate(lines) if line])
    line = lines[at]
    if chance.random() < 0.5:
        new = chance.sample(line, len(line))
    else:
        new = [_changed_token(token, chance, alphabet) for token in line]
    return [*lines[:at], new, *lines[at + 1 :]]


def _counted_row(lines: Lines, chance: Random, alphabet: str) -> Lines:
    """A line of n tokens after a number n: another n, and as many tokens."""
    pairs = [
        (place, after)
        for place, line in enumerate(lines)
        for token in line
        for after in range(place + 1, min(place + 3, len(lines)))
        if token.isdigit() and len(lines[after]) == int(token) > 0
    ]
    if not pairs:
        return _one_token(lines, chance, alphabet)
    place, after = chance.choice(pairs)
    row = lines[after]
    size = chance.randint(1, len(row) + 2)
    new = (row + [_changed_token(chance.choice(row), chance, alphabet) for _ in range(size)])[:size]
    head = [str(size) if token == str(len(row)) else token for token in lines[place]]
    return [*lines[:place], head, *lines[place + 1 : after], new, *lines[after + 1 :]]


def _counted_lines(lines: Lines, chance: Random, alphabet: str) -> Lines:
    """n lines after a number n: one more or one fewer, in step."""
    places = [
        place
        for place, line in enumerate(lines)
        if line and line[0].isdigit() and int(line[0]) == len(lines) - place - 1 > 0
    ]
    if not places:
        return _one_token(lines, chance, alphabet)
    place = chance.choice(places)
    body = lines[place + 1 :]
    at = chance.randrange(len(body))
    if len(body) > 1 and chance.random() < 0.5:
        body = body[:at] + body[at + 1 :]
    else:
        body = [*body[:at], [_changed_token(token, chance, alphabet) for token in body[at]], *body[at:]]
    return [*lines[:place], [str(len(body)), *lines[place][1:]], *body]


_WAYS: tuple[Callable[[Lines, Random, str], Lines], ...] = (
    _one_token,
    _one_line,
    _counted_row,
    _counted_row,
    _counted_lines,
)


class StdinChanger:
    """Makes inputs like those given."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self._inputs = [[line.split() for line in text.split("\n")] for text in inputs if text.strip()]
        letters = {letter for lines in self._inputs for line in lines for token in line for letter in token}
        self._alphabet = "".join(sorted(letter for letter in letters if letter.isalpha())) or "ab"

    def change(self, chance: Random) -> str | None:
        """A new input; None where those given are empty."""
        if not self._inputs:
            return None
        lines = chance.choice(self._inputs)
        trailing = len(lines) - len(_without_end(lines))
        body = _without_end(lines)
        for _ in range(1 + (chance.random() < _SECOND_CHANGE)):
            body = chance.choice(_WAYS)(body, chance, self._alphabet)
        return "\n".join(" ".join(line) for line in [*body, *[[]] * trailing])


def _without_end(lines: Lines) -> Lines:
    """The lines before the empty ones that end a text."""
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    return lines[:end]
