"""Reads MBPP, full or sanitized: a sentence, a solution, and assertions."""

from collections.abc import Iterator

from pipelines.sources.asserts import asserted_calls
from pipelines.sources.fields import Row, listed, required, text
from pipelines.sources.located import Fault, Found, Place, Posed
from pipelines.sources.programs import Written, solutions_of
from pipelines.sources.tests_of import call_test, within_bounds
from schemas.problem import Problem
from schemas.solution import TestCase

COLUMNS = ("task_id", "text", "prompt", "code", "test_list", "challenge_test_list", "test_setup_code", "test_imports")
LICENSE = "CC-BY-4.0"


def _tests(row: Row) -> Iterator[TestCase]:
    for field, hidden in (("test_list", False), ("challenge_test_list", True)):
        for each in listed(row, field):
            if not isinstance(each, str):
                raise Fault("wrong_type", f"field `{field}` holds a {type(each).__name__}, expected a text")
            for call, expected in asserted_calls(each):
                yield call_test(call, expected, hidden)


def read_row(row: Row, place: Place) -> Iterator[Found]:
    """The problem of a row and its one solution.

    Raises:
        Fault: the row cannot be used at all.
    """
    tests, left_out = within_bounds(_tests(row))
    setup = "\n".join([text(row, "test_setup_code"), *(str(each) for each in listed(row, "test_imports"))]).strip()
    problem = Problem(
        id=f"mbpp/{required(row, 'task_id')}",
        kind="function",
        statement=text(row, "text") or text(row, "prompt"),
        entry=None,
        tests=tests,
        source="google-research-datasets/mbpp",
        license=LICENSE,
        split="test",
    )
    yield from left_out
    yield Posed(problem, place.file, place.location)
    yield from solutions_of(problem, [Written("s0", required(row, "code"), True, setup=setup)], place)
