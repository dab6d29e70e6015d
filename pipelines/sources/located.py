"""What a reader yields: a solution or a problem with where it stands, a reject, or a count of what it left out."""

from dataclasses import dataclass

from schemas.problem import Problem
from schemas.reject import RejectRow
from schemas.solution import Solution

_INPUT_SHOWN = 1_000


@dataclass(frozen=True)
class Located:
    """A solution and its place: `location` is `file:line`, `file` the path as the user gave it."""

    solution: Solution
    file: str
    location: str


@dataclass(frozen=True)
class Posed:
    """A problem and its place."""

    problem: Problem
    file: str
    location: str


@dataclass(frozen=True)
class LeftOut:
    """Things of a row that are no fault and not wanted, such as solutions in other languages: counted, not listed."""

    reason: str
    number: int = 1


Found = Located | Posed | LeftOut | RejectRow


class Fault(Exception):
    """A row that cannot be used: a reason code and a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class Place:
    """Where a row stands: the file as the user gave it, and the row's number from 1."""

    file: str
    number: int

    @property
    def location(self) -> str:
        """`file:row`."""
        return f"{self.file}:{self.number}"

    def reject(
        self, fault: Fault, *, part: str = "", problem_id: str = "", solution_id: str = "", shown: str = ""
    ) -> RejectRow:
        """The reject of the row, or of the part of it that `part` names."""
        return RejectRow(
            id=f"{self.location}/{part}" if part else self.location,
            stage="read",
            reason=fault.reason,
            message=f"{self.file}, row {self.number}: {fault.message}",
            location=self.location,
            input=shown[:_INPUT_SHOWN],
            claim="",
            problem_id=problem_id,
            solution_id=solution_id,
        )
