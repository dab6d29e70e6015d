"""What sources read: a solution of a problem, and the tests it runs on."""

from dataclasses import dataclass
from typing import Literal

from schemas.job import Program

Checker = Literal["tokens", "custom"]
"""`tokens`: an answer is compared token by token, floats within 1e-5. `custom`: several answers are
right and the source's own checker would have to say, so that nothing is judged here."""


@dataclass(frozen=True)
class TestCase:
    """One input. `stdin` programs take `stdin`; `function` programs take `call`.

    `expected` is the judge's stdout or the `repr` of the call's value; None where nobody knows it.
    It never enters the sandbox. A hidden test is for the `solve` config only.
    """

    stdin: str
    call: str | None
    expected: str | None
    hidden: bool = False


@dataclass(frozen=True)
class Solution:
    """A program with its inputs, as one source row gives it.

    Attributes:
        id: unique within its source.
        tests: its own inputs; empty where it runs on those of its problem (`schemas.problem`).
        problem_id: problems never straddle two splits.
        statement: the problem's text, empty where the source has none.
        split: the split the source fixes, None where a hash of the problem decides.
        time_limit_s, memory_limit_bytes: the problem's own limits, None where unknown.
        model: who wrote it, where the source tells; empty where people did or nobody knows.
        correct: what the source says of it; selection may go by it, no verdict does.
        difficulty, tags: the problem's, as the source words them.
        checker: how answers to its own tests are judged.
    """

    id: str
    problem_id: str
    statement: str
    program: Program
    entry: str | None
    tests: tuple[TestCase, ...]
    source: str
    license: str
    split: str | None = None
    time_limit_s: float | None = None
    memory_limit_bytes: int | None = None
    model: str = ""
    correct: bool | None = None
    difficulty: str = ""
    tags: tuple[str, ...] = ()
    checker: Checker = "tokens"
