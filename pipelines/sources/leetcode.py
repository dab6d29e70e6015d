"""Reads newfacade/LeetCodeDataset: a completion to a prompt of imports and helpers, and tests of a candidate."""

from collections.abc import Iterator

from pipelines.sources.asserts import asserted_calls
from pipelines.sources.fields import Row, json_in, listed, required, text, words
from pipelines.sources.located import Fault, Found, Place, Posed
from pipelines.sources.partition import source_and_split
from pipelines.sources.programs import Written, solutions_of
from pipelines.sources.tests_of import call_test, literal_repr, within_bounds
from schemas.problem import Problem
from schemas.solution import TestCase

COLUMNS = (
    "task_id",
    "difficulty",
    "tags",
    "problem_description",
    "starter_code",
    "prompt",
    "completion",
    "entry_point",
    "test",
    "input_output",
    "meta",
)
LICENSE = "MIT"
PUBLIC_TESTS = 3


def _called(row: Row, entry: str) -> Iterator[tuple[str, str | None]]:
    """The calls of the tests; they build lists and trees where `input_output` shows only their numbers."""
    tests = text(row, "test")
    if tests.strip():
        yield from asserted_calls(tests, called="candidate", name=entry)
        return
    for each in listed(row, "input_output"):
        if not isinstance(each, dict):
            raise Fault("wrong_type", f"field `input_output` holds a {type(each).__name__}, expected a struct")
        yield f"{entry}({text(each, 'input')})", literal_repr(text(each, "output"))


def _tests(row: Row, entry: str) -> Iterator[TestCase]:
    for place, (call, expected) in enumerate(_called(row, entry)):
        yield call_test(call, expected, place >= PUBLIC_TESTS)


def read_row(row: Row, place: Place) -> Iterator[Found]:
    """The problem of a row and its one solution. The first three tests count as public.

    Versions 0.1 and 0.2 keep some columns in `meta`.

    Raises:
        Fault: the row cannot be used at all.
    """
    meta = json_in(row, "meta")
    row = {**meta, **{key: value for key, value in row.items() if value is not None}} if isinstance(meta, dict) else row
    source, split = source_and_split("newfacade/LeetCodeDataset", place.file)
    entry = required(row, "entry_point")
    tests, left_out = within_bounds(_tests(row, entry))
    problem = Problem(
        id=f"leetcode/{required(row, 'task_id')}",
        kind="function",
        statement=text(row, "problem_description"),
        entry=entry,
        tests=tests,
        source=source,
        license=LICENSE,
        difficulty=text(row, "difficulty"),
        tags=words(row, "tags"),
        split=split,
    )
    yield from left_out
    yield Posed(problem, place.file, place.location)
    if text(row, "completion").strip():
        written = Written("s0", row.get("completion"), True, prelude=text(row, "prompt"))
        yield from solutions_of(problem, [written], place)
