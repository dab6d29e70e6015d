"""Reads HumanEval: a prompt, its canonical solution, and a `check` of assertions on a candidate."""

from collections.abc import Iterator

from pipelines.sources.asserts import asserted_calls
from pipelines.sources.fields import Row, required, text
from pipelines.sources.located import Found, Place, Posed
from pipelines.sources.programs import Written, solutions_of
from pipelines.sources.tests_of import call_test, within_bounds
from schemas.problem import Problem

COLUMNS = ("task_id", "prompt", "canonical_solution", "test", "entry_point")
LICENSE = "MIT"


def read_row(row: Row, place: Place) -> Iterator[Found]:
    """The problem of a row and its one solution.

    Raises:
        Fault: the row cannot be used at all.
    """
    entry, prompt = required(row, "entry_point"), required(row, "prompt")
    calls = asserted_calls(text(row, "test"), called="candidate", name=entry)
    tests, left_out = within_bounds(call_test(call, expected, False) for call, expected in calls)
    problem = Problem(
        id=f"humaneval/{required(row, 'task_id')}",
        kind="function",
        statement=prompt,
        entry=entry,
        tests=tests,
        source="openai/human-eval",
        license=LICENSE,
        split="test",
    )
    yield from left_out
    yield Posed(problem, place.file, place.location)
    yield from solutions_of(problem, [Written("s0", prompt + text(row, "canonical_solution"), True)], place)
