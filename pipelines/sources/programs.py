"""From the texts of a row's solutions to solutions: Python 3 ones are read, others refused or counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipelines.sources.fields import lines_ended
from pipelines.sources.located import Fault, LeftOut, Located, Place
from pipelines.sources.python_text import program_fault
from schemas.job import Program
from schemas.problem import Problem
from schemas.reject import RejectRow
from schemas.solution import Solution


@dataclass(frozen=True)
class Written:
    """The text of a solution: its name within the problem, and what the source says of it."""

    name: str
    code: object
    correct: bool | None
    model: str = ""
    prelude: str = ""
    setup: str = ""


def solution_of(problem: Problem, written: Written) -> Solution:
    """The solution that a text is.

    Raises:
        Fault: it is no Python 3 program.
    """
    code = written.code
    if isinstance(code, bytes):
        try:
            code = code.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Fault("binary", f"solution {written.name} is not UTF-8 text (byte {error.start})") from None
    if not isinstance(code, str):
        raise Fault("wrong_type", f"solution {written.name} is {type(code).__name__}, expected a text")
    code = lines_ended(code).removeprefix("\ufeff")
    if fault := program_fault(code):
        raise Fault(fault[0], f"solution {written.name}: {fault[1]}")
    return Solution(
        id=f"{problem.id}/{written.name}",
        problem_id=problem.id,
        statement="",
        program=Program(problem.kind, code, written.prelude, written.setup),
        entry=problem.entry,
        tests=(),
        source=problem.source,
        license=problem.license,
        split=problem.split,
        time_limit_s=problem.time_limit_s,
        memory_limit_bytes=problem.memory_limit_bytes,
        model=written.model,
        correct=written.correct,
        difficulty=problem.difficulty,
        tags=problem.tags,
    )


def solutions_of(problem: Problem, texts: Iterable[Written], place: Place) -> Iterator[Located | LeftOut | RejectRow]:
    """The solutions of a problem, and a reject for each that is no Python 3 program."""
    for written in texts:
        try:
            yield Located(solution_of(problem, written), place.file, place.location)
        except Fault as fault:
            yield place.reject(
                fault, part=written.name, problem_id=problem.id, solution_id=f"{problem.id}/{written.name}"
            )
