"""Reads open-r1's Codeforces sets: problems, and submissions, which find their problem by its id."""

from collections.abc import Iterator
from typing import Any

from pipelines.sources.fields import Row, listed, number, required, text, words
from pipelines.sources.located import Fault, Found, LeftOut, Place, Posed
from pipelines.sources.partition import source_and_split
from pipelines.sources.programs import Written, solutions_of
from pipelines.sources.tests_of import stdin_test, within_bounds
from schemas.problem import Problem
from schemas.solution import TestCase

COLUMNS = (
    "id",
    "title",
    "description",
    "input_format",
    "output_format",
    "interaction_format",
    "note",
    "time_limit",
    "memory_limit",
    "examples",
    "official_tests",
    "generated_checker",
    "input_mode",
    "rating",
    "tags",
    "submission_id",
    "problem_id",
    "source",
    "programmingLanguage",
    "verdict",
)
LICENSE = "CC-BY-4.0"
_MIB = 1 << 20
_SECTIONS = (("", "description"), ("Input", "input_format"), ("Output", "output_format"), ("Note", "note"))


def _pairs(row: Row, field: str) -> Iterator[tuple[Any, Any]]:
    for each in listed(row, field):
        if not isinstance(each, dict):
            raise Fault("wrong_type", f"field `{field}` holds a {type(each).__name__}, expected a struct")
        yield each.get("input"), each.get("output")


def _tests(row: Row) -> Iterator[TestCase]:
    for field, hidden in (("examples", False), ("official_tests", True)):
        for given, expected in _pairs(row, field):
            yield stdin_test(given, expected, hidden)


def _statement(row: Row) -> str:
    parts = [text(row, "title")]
    for heading, field in _SECTIONS:
        body = text(row, field).strip()
        if body:
            parts.append(f"{heading}\n{body}" if heading else body)
    return "\n\n".join(part for part in parts if part)


def _problem(row: Row, place: Place) -> Iterator[Found]:
    if text(row, "interaction_format").strip():
        raise Fault("interactive", "the problem is interactive: there is no input to run a program on; it is left out")
    if text(row, "input_mode") not in ("", "stdio"):
        raise Fault("file_io", "the problem reads or writes files, not standard input and output; it is left out")
    tests, left_out = within_bounds(_tests(row))
    source, split = source_and_split("open-r1/codeforces", place.file)
    memory, rating = number(row, "memory_limit"), number(row, "rating")
    yield from left_out
    problem = Problem(
        id=f"codeforces/{required(row, 'id')}",
        kind="stdin",
        statement=_statement(row),
        entry=None,
        tests=tests,
        source=source,
        license=LICENSE,
        checker="custom" if text(row, "generated_checker").strip() else "tokens",
        difficulty=str(int(rating)) if rating else "",
        tags=words(row, "tags"),
        split=split,
        time_limit_s=number(row, "time_limit"),
        memory_limit_bytes=int(memory * _MIB) if memory else None,
    )
    yield Posed(problem, place.file, place.location)


def _submission(row: Row, place: Place) -> Iterator[Found]:
    language = text(row, "programmingLanguage")
    if not language.startswith(("Python 3", "PyPy 3")):
        yield LeftOut("python2" if language.startswith(("Python 2", "PyPy 2")) else "other_language")
        return
    source, _ = source_and_split("open-r1/codeforces-submissions", place.file)
    problem = Problem(f"codeforces/{required(row, 'problem_id')}", "stdin", "", None, (), source, LICENSE)
    name = required(row, "submission_id").removesuffix(".0")
    written = Written(name, row.get("source"), text(row, "verdict") == "OK")
    yield from solutions_of(problem, [written], place)


def read_row(row: Row, place: Place) -> Iterator[Found]:
    """The problem of a row, or the submission that a row is.

    Give both sets to one build: a submission runs on the tests of its problem.

    Raises:
        Fault: the row cannot be used at all.
    """
    yield from _submission(row, place) if row.get("submission_id") is not None else _problem(row, place)
