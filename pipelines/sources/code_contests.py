"""Reads deepmind/code_contests as the Hub has it: solutions by language number, three lists of tests.

The enums are those of the Hub's table; the original protocol buffers number sources and difficulties
differently and keep lists of structs where the Hub has structs of lists.
"""

from collections.abc import Iterator
from typing import Any

from pipelines.sources.fields import Row, number, required, text, words
from pipelines.sources.located import Fault, Found, LeftOut, Place, Posed
from pipelines.sources.partition import source_and_split
from pipelines.sources.programs import Written, solutions_of
from pipelines.sources.tests_of import paired, stdin_test, within_bounds
from schemas.problem import Problem
from schemas.solution import TestCase

COLUMNS = (
    "name",
    "description",
    "public_tests",
    "private_tests",
    "generated_tests",
    "difficulty",
    "solutions",
    "incorrect_solutions",
    "cf_rating",
    "cf_tags",
    "time_limit",
    "memory_limit_bytes",
    "input_file",
    "output_file",
)
LICENSE = "CC-BY-4.0"
_PYTHON2, _PYTHON3 = 1, 3
_DIFFICULTIES = ("", "EASY", "MEDIUM", "HARD", "HARDER", "HARDEST", "EXTERNAL", *"ABCDEFGHIJKLMNOPQRSTUV")


def _pairs(value: Any, left: str, right: str) -> Iterator[tuple[Any, Any]]:
    """The two columns of a struct of lists, or of a list of structs, side by side."""
    if isinstance(value, list):
        yield from ((each.get(left), each.get(right)) for each in value if isinstance(each, dict))
    elif isinstance(value, dict):
        yield from paired(value.get(left), value.get(right))
    elif value is not None:
        raise Fault("wrong_type", f"a {type(value).__name__} where a struct of `{left}` and `{right}` is expected")


def _tests(row: Row) -> Iterator[TestCase]:
    for field, hidden in (("public_tests", False), ("private_tests", True), ("generated_tests", True)):
        for given, expected in _pairs(row.get(field), "input", "output"):
            yield stdin_test(given, expected, hidden)


def _seconds(value: Any) -> float | None:
    if not isinstance(value, dict):
        return None
    seconds = (value.get("seconds") or 0) + (value.get("nanos") or 0) / 1e9
    return seconds if seconds > 0 else None


def _texts(row: Row) -> Iterator[Written | LeftOut]:
    for field, correct, letter in (("solutions", True, "s"), ("incorrect_solutions", False, "w")):
        for place, (code, language) in enumerate(_pairs(row.get(field), "solution", "language")):
            if language == _PYTHON3:
                yield Written(f"{letter}{place}", code, correct)
            else:
                yield LeftOut("python2" if language == _PYTHON2 else "other_language")


def read_row(row: Row, place: Place) -> Iterator[Found]:
    """The problem of a row, its Python 3 solutions, and how many others it has.

    Raises:
        Fault: the row cannot be used at all.
    """
    source, split = source_and_split("deepmind/code_contests", place.file)
    if text(row, "input_file") or text(row, "output_file"):
        raise Fault("file_io", "the problem reads or writes files, not standard input and output; it is left out")
    tests, left_out = within_bounds(_tests(row))
    level = row.get("difficulty")
    named = _DIFFICULTIES[level] if isinstance(level, int) and 0 <= level < len(_DIFFICULTIES) else ""
    memory = number(row, "memory_limit_bytes")
    rating = number(row, "cf_rating")
    problem = Problem(
        id=f"code_contests/{required(row, 'name')}",
        kind="stdin",
        statement=text(row, "description"),
        entry=None,
        tests=tests,
        source=source,
        license=LICENSE,
        difficulty=str(int(rating)) if rating else named,
        tags=words(row, "cf_tags"),
        split=split,
        time_limit_s=_seconds(row.get("time_limit")),
        memory_limit_bytes=int(memory) if memory else None,
    )
    yield from left_out
    yield Posed(problem, place.file, place.location)
    found = list(_texts(row))
    yield from (each for each in found if isinstance(each, LeftOut))
    yield from solutions_of(problem, (each for each in found if isinstance(each, Written)), place)
