"""The spool: rows on their way to the units, appended to a file a bucket, and what was decided of them."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from pipelines.sources.located import Located, Posed
from schemas.job import Program
from schemas.problem import Problem
from schemas.solution import Solution, TestCase

_BUFFERED_BYTES = 32 << 20


def to_line(found: Located | Posed) -> bytes:
    """A located solution or problem as one spooled line."""
    return orjson.dumps(asdict(found)) + b"\n"


def _tests(raw: list[dict[str, Any]]) -> tuple[TestCase, ...]:
    return tuple(TestCase(**test) for test in raw)


def from_line(line: bytes) -> Located | Posed:
    """The located solution or problem of a spooled line."""
    data = orjson.loads(line)
    if "problem" in data:
        raw = data["problem"]
        raw["tests"], raw["tags"] = _tests(raw["tests"]), tuple(raw["tags"])
        return Posed(Problem(**raw), data["file"], data["location"])
    raw = data["solution"]
    raw["program"] = Program(**raw["program"])
    raw["tests"], raw["tags"] = _tests(raw["tests"]), tuple(raw["tags"])
    return Located(Solution(**raw), data["file"], data["location"])


class Spool:
    """Appends rows to bucket files, holding a bounded number of bytes back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places: dict[str, int] = {}
        self._waiting: dict[str, list[bytes]] = {}
        self._bytes = 0

    def path(self, bucket: str) -> Path:
        """Where the rows of a bucket lie until its unit has a name."""
        return self.folder / f"{bucket}.jsonl.tmp"

    def add(self, bucket: str, found: Located | Posed) -> int:
        """Appends a row and returns its place in the bucket."""
        line = to_line(found)
        self._waiting.setdefault(bucket, []).append(line)
        self._bytes += len(line)
        place = self.places.get(bucket, 0)
        self.places[bucket] = place + 1
        if self._bytes > _BUFFERED_BYTES:
            self.flush()
        return place

    def flush(self) -> None:
        """Writes what is held back."""
        for bucket, lines in self._waiting.items():
            with self.path(bucket).open("ab") as stream:
                stream.writelines(lines)
        self._waiting.clear()
        self._bytes = 0


@dataclass
class Marks:
    """What was decided of a bucket's rows before any is run.

    Attributes:
        rows: why the row at a place is a reject: a reason code and a sentence.
        left_out: places of rows that are left out without a reject.
        problems: what a problem's statement overlaps with.
    """

    rows: dict[int, tuple[str, str]] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The marks as they are stored; empty where there are none."""
        if not (self.rows or self.left_out or self.problems):
            return b""
        data = {
            "rows": [[place, *self.rows[place]] for place in sorted(self.rows)],
            "left_out": sorted(self.left_out),
            "problems": dict(sorted(self.problems.items())),
        }
        return orjson.dumps(data)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Marks":
        """The marks that were stored."""
        if not data:
            return cls()
        raw = orjson.loads(data)
        rows = {place: (reason, message) for place, reason, message in raw["rows"]}
        return cls(rows, set(raw["left_out"]), raw["problems"])
