"""Which split a problem goes to: by its evaluation set, by its row, else by a hash of its name."""

import hashlib
import re
from collections.abc import Sequence

from schemas.problem import Problem
from schemas.solution import Solution

_EVALUATION_SETS = re.compile(
    r"crux-?eval|human-?eval|\bmbpp\b|live-?code-?bench|leetcode-?dataset|\btaco\b|\bapps\b"
    r"|mapcoder|code_?contests?.*(valid|test)",
    re.IGNORECASE,
)
_TEST_OF_100 = 5
_VALIDATION_OF_100 = 5


def is_evaluation(source: str) -> bool:
    """Whether a row's `source` names a set that people evaluate with, and not its part to train on."""
    return _EVALUATION_SETS.search(source) is not None and not source.endswith(" train")


def hashed_split(problem_id: str) -> str:
    """The split of a problem that nothing else decides: 90 % train, 5 % validation, 5 % test, for ever the same."""
    number = int.from_bytes(hashlib.sha256(f"split\0{problem_id}".encode()).digest()[:8], "big") % 100
    if number < _TEST_OF_100:
        return "test"
    return "validation" if number < _TEST_OF_100 + _VALIDATION_OF_100 else "train"


def problem_split(rows: Sequence[Solution | Problem]) -> str:
    """The one split of a problem, from all its rows in their order.

    A row of an evaluation set sends the whole problem to `test`; else the split that the first row
    names decides, or the hash where it names none. What later rows name changes nothing, so that
    rows keep their split as more are added.
    """
    if any(is_evaluation(row.source) for row in rows):
        return "test"
    return rows[0].split or hashed_split(rows[0].problem_id)
