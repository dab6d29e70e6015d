"""A row of the `solve` config: an RL prompt whose answer is a program."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TestRow:
    """A test of a problem: an input and the judge's output."""

    input: str
    expected: str


@dataclass(frozen=True)
class SolveRow:
    """`solve`: write a program for a statement; the reward comes from the hidden tests.

    Attributes:
        checker: `tokens` where answers are compared with the expected ones, `custom` where several may be right.
        difficulty, tags: as the source words them, empty where it has none.
    """

    id: str
    prompt: str
    kind: str
    statement: str
    entry: str | None
    public_tests: tuple[TestRow, ...]
    hidden_tests: tuple[TestRow, ...]
    time_limit_s: float
    memory_limit_bytes: int
    checker: str
    difficulty: str
    tags: tuple[str, ...]
    source: str
    license: str
