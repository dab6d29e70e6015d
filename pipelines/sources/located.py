"""What a reader yields for a good row: the solution, and where it stands."""

from dataclasses import dataclass

from schemas.solution import Solution


@dataclass(frozen=True)
class Located:
    """A solution and its place: `location` is `file:line`, `file` the path as the user gave it."""

    solution: Solution
    file: str
    location: str
