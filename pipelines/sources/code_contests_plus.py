"""Reads ByteDance-Seed/Code-Contests-Plus: submissions by language name, tests in the configs that have them."""

from collections.abc import Iterator

from pipelines.sources.fields import Row, listed, number, required, text
from pipelines.sources.located import Fault, Found, LeftOut, Place, Posed
from pipelines.sources.programs import Written, solutions_of
from pipelines.sources.tests_of import stdin_test, within_bounds
from schemas.problem import Problem
from schemas.solution import TestCase

COLUMNS = (
    "id",
    "source",
    "title",
    "description",
    "correct_submissions",
    "incorrect_submissions",
    "test_cases",
    "checker",
    "time_limit",
    "memory_limit",
)
LICENSE = "CC-BY-4.0"
_PYTHON3 = ("py3", "python3", "pypy3")
_PYTHON2 = ("py2", "python2", "pypy2")
_MIB = 1 << 20


def _tests(row: Row) -> Iterator[TestCase]:
    for each in listed(row, "test_cases"):
        if not isinstance(each, dict):
            raise Fault("wrong_type", f"field `test_cases` holds a {type(each).__name__}, expected a struct")
        yield stdin_test(each.get("input"), each.get("output"), False)


def _texts(row: Row) -> Iterator[Written | LeftOut]:
    for field, correct, letter in (("correct_submissions", True, "s"), ("incorrect_submissions", False, "w")):
        for place, each in enumerate(listed(row, field)):
            if not isinstance(each, dict):
                raise Fault("wrong_type", f"field `{field}` holds a {type(each).__name__}, expected a struct")
            language = str(each.get("language") or "").lower()
            if language in _PYTHON3:
                yield Written(f"{letter}{place}", each.get("code"), correct)
            else:
                yield LeftOut("python2" if language in _PYTHON2 else "other_language")


def _limits(row: Row) -> tuple[float | None, int | None]:
    """Seconds and bytes: times of 100 and more are milliseconds, memory below 1 MiB is counted in MiB."""
    time, memory = number(row, "time_limit"), number(row, "memory_limit")
    seconds = None if time is None else time / 1000 if time >= 100 else time
    size = None if memory is None else int(memory if memory >= _MIB else memory * _MIB)
    return seconds, size


def read_row(row: Row, place: Place) -> Iterator[Found]:
    """The problem of a row, its Python 3 submissions, and how many others it has.

    A checker program makes the problem's answers `custom`: several may be right.

    Raises:
        Fault: the row cannot be used at all.
    """
    tests, left_out = within_bounds(_tests(row))
    seconds, memory = _limits(row)
    problem = Problem(
        id=f"code_contests_plus/{required(row, 'id')}",
        kind="stdin",
        statement="\n\n".join(part for part in (text(row, "title"), text(row, "description")) if part),
        entry=None,
        tests=tests,
        source="ByteDance-Seed/Code-Contests-Plus",
        license=LICENSE,
        checker="custom" if text(row, "checker").strip() else "tokens",
        time_limit_s=seconds,
        memory_limit_bytes=memory,
    )
    yield from left_out
    yield Posed(problem, place.file, place.location)
    found = list(_texts(row))
    yield from (each for each in found if isinstance(each, LeftOut))
    yield from solutions_of(problem, (each for each in found if isinstance(each, Written)), place)
