"""Reads CRUXEval: a function `f`, the source of its arguments, and the `repr` of its value."""

from collections.abc import Iterator

from pipelines.sources.fields import Row, required, text
from pipelines.sources.located import Found, Place, Posed
from pipelines.sources.programs import Written, solutions_of
from pipelines.sources.tests_of import call_test
from schemas.problem import Problem

COLUMNS = ("id", "code", "input", "output")
LICENSE = "MIT"


def read_row(row: Row, place: Place) -> Iterator[Found]:
    """The function of a row and its one call.

    Raises:
        Fault: the row cannot be used at all.
    """
    test = call_test(f"f({text(row, 'input')})", text(row, "output") or None, False)
    problem = Problem(
        id=f"cruxeval/{text(row, 'id') or place.number}",
        kind="function",
        statement="",
        entry="f",
        tests=(test,),
        source="facebookresearch/cruxeval",
        license=LICENSE,
        split="test",
    )
    yield Posed(problem, place.file, place.location)
    yield from solutions_of(problem, [Written("s0", required(row, "code"), True)], place)
