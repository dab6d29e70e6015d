"""Reads BAAI/TACO, whose columns are all texts."""

import re
from collections.abc import Iterator

from pipelines.sources.fields import Row, required, text, words
from pipelines.sources.json_tests import tests_in, texts_in
from pipelines.sources.located import Found, Place, Posed
from pipelines.sources.partition import part_of, source_and_split
from pipelines.sources.programs import solutions_of
from schemas.problem import Problem

COLUMNS = (
    "question",
    "solutions",
    "starter_code",
    "input_output",
    "difficulty",
    "tags",
    "raw_tags",
    "time_limit",
    "memory_limit",
)
LICENSE = "Apache-2.0"
_AMOUNT = re.compile(r"([\d.]+)\s*([a-z]*)", re.IGNORECASE)
_UNITS = {"": 1.0, "s": 1.0, "second": 1.0, "seconds": 1.0, "sec": 1.0, "ms": 1e-3, "milliseconds": 1e-3}
_SIZES = {"kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "megabytes": 1 << 20, "bytes": 1, "kilobytes": 1 << 10}


def _amount(value: str, units: dict[str, float] | dict[str, int]) -> float | None:
    found = _AMOUNT.search(value)
    if found is None or found[2].lower() not in units:
        return None
    try:
        amount = float(found[1]) * units[found[2].lower()]
    except ValueError:
        return None
    return amount if amount > 0 else None


def read_row(row: Row, place: Place) -> Iterator[Found]:
    """The problem of a row and its solutions.

    Raises:
        Fault: the row cannot be used at all.
    """
    source, split = source_and_split("BAAI/TACO", place.file)
    entry, tests, left_out = tests_in(row)
    memory = _amount(text(row, "memory_limit"), _SIZES)
    problem = Problem(
        id=f"taco/{part_of(place.file) or 'row'}-{place.number}",
        kind="stdin" if entry is None else "function",
        statement=required(row, "question"),
        entry=entry,
        tests=tests,
        source=source,
        license=LICENSE,
        difficulty=text(row, "difficulty"),
        tags=words(row, "tags") or words(row, "raw_tags"),
        split=split,
        time_limit_s=_amount(text(row, "time_limit"), _UNITS),
        memory_limit_bytes=int(memory) if memory else None,
    )
    yield from left_out
    yield Posed(problem, place.file, place.location)
    yield from solutions_of(problem, texts_in(row, entry), place)
