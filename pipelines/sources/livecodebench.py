"""Reads livecodebench/code_generation_lite: problems with public and packed private tests, no solutions."""

import json
from collections.abc import Iterator
from typing import Any

from pipelines.sources.fields import Row, json_in, required, text
from pipelines.sources.json_tests import entry_in
from pipelines.sources.located import Fault, Found, Place, Posed
from pipelines.sources.packed_tests import unpacked
from pipelines.sources.tests_of import call_test, call_text, stdin_test, within_bounds
from schemas.problem import Problem
from schemas.solution import TestCase

COLUMNS = (
    "question_title",
    "question_content",
    "question_id",
    "starter_code",
    "difficulty",
    "platform",
    "public_test_cases",
    "private_test_cases",
    "metadata",
)
LICENSE = "unknown"


def _arguments(text: Any, number: int) -> list[Any]:
    """The arguments of a functional test: one JSON value a line."""
    if not isinstance(text, str):
        raise Fault("wrong_type", f"test {number} is {type(text).__name__}, expected a text")
    try:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except ValueError as error:
        raise Fault("json", f"test {number} is not one JSON value a line: {error}") from None


def _value(text: Any) -> str | None:
    try:
        return repr(json.loads(text))
    except (ValueError, TypeError):
        return None


def _tests(found: Any, entry: str | None, hidden: bool) -> Iterator[TestCase]:
    if found is None:
        return
    if not isinstance(found, list):
        raise Fault("wrong_type", f"the tests are {type(found).__name__}, expected a list")
    for number, each in enumerate(found):
        if not isinstance(each, dict):
            raise Fault("wrong_type", f"test {number} is {type(each).__name__}, expected an object")
        if entry is None:
            yield stdin_test(each.get("input"), each.get("output"), hidden)
        else:
            call = call_text(entry, _arguments(each.get("input"), number))
            yield call_test(call, _value(each.get("output")), hidden)


def read_row(row: Row, place: Place) -> Iterator[Found]:
    """The problem of a row.

    Raises:
        Fault: the row cannot be used at all.
    """
    metadata = json_in(row, "metadata") or {}
    name = metadata.get("func_name") if isinstance(metadata, dict) else None
    if name is not None and not (isinstance(name, str) and name.isidentifier()):
        raise Fault("bad_value", f"field `metadata` names the function {name!r}")
    entry = entry_in(text(row, "starter_code"), name)
    public = list(_tests(json_in(row, "public_test_cases"), entry, False))
    private = list(_tests(unpacked(text(row, "private_test_cases")), entry, True))
    tests, left_out = within_bounds([*public, *private])
    problem = Problem(
        id=f"livecodebench/{required(row, 'question_id')}",
        kind="stdin" if entry is None else "function",
        statement=required(row, "question_content"),
        entry=entry,
        tests=tests,
        source="livecodebench/code_generation_lite",
        license=LICENSE,
        difficulty=text(row, "difficulty"),
        tags=tuple(each for each in (text(row, "platform"),) if each),
        split="test",
    )
    yield from left_out
    yield Posed(problem, place.file, place.location)
