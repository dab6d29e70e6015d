"""Reads codeparrot/apps: JSON in text columns, rows numbered by the set itself."""

from collections.abc import Iterator

from pipelines.sources.fields import Row, required, text
from pipelines.sources.json_tests import tests_in, texts_in
from pipelines.sources.located import Found, Place, Posed
from pipelines.sources.partition import part_of, source_and_split
from pipelines.sources.programs import solutions_of
from schemas.problem import Problem

COLUMNS = ("problem_id", "id", "question", "solutions", "input_output", "difficulty", "starter_code")
LICENSE = "MIT"


def read_row(row: Row, place: Place) -> Iterator[Found]:
    """The problem of a row and its solutions.

    Raises:
        Fault: the row cannot be used at all.
    """
    source, split = source_and_split("codeparrot/apps", place.file)
    entry, tests, left_out = tests_in(row)
    name = text(row, "problem_id") or text(row, "id") or str(place.number)
    problem = Problem(
        id=f"apps/{part_of(place.file) or 'row'}-{name}",
        kind="stdin" if entry is None else "function",
        statement=required(row, "question"),
        entry=entry,
        tests=tests,
        source=source,
        license=LICENSE,
        difficulty=text(row, "difficulty"),
        split=split,
    )
    yield from left_out
    yield Posed(problem, place.file, place.location)
    yield from solutions_of(problem, texts_in(row, entry), place)
