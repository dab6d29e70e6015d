"""A row of the `solve` config: an RL prompt whose answer is a program."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TestRow:
    """A test of a problem: an input and the judge's output."""

    input: str
    expected: str


@dataclass(frozen=True)
class SolveRow:
    """`solve`: write a program for a statement; the reward comes from the hidden tests."""

    id: str
    prompt: str
    kind: str
    statement: str
    entry: str | None
    public_tests: tuple[TestRow, ...]
    hidden_tests: tuple[TestRow, ...]
    time_limit_s: float
    memory_limit_bytes: int
    source: str
    license: str
