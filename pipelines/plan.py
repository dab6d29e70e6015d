"""Planning: reads the sources once and deals their rows into work units by problem.

A unit is a bucket of problems. The bucket of a problem is the first bits of a hash of its name, so
the bucket of a larger build lies inside one of a smaller build, and traces are found again.
"""

import hashlib
import math
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from pipelines.identity import content_hash
from pipelines.options import BuildOptions
from pipelines.parts import Entry, Workspace
from pipelines.sources.locate import SourceFile, source_files
from pipelines.sources.located import Located
from schemas.job import Program
from schemas.reject import RejectRow
from schemas.solution import Solution, TestCase

UNIT_BYTES = 32 << 10
MAX_BITS = 14
_BUFFERED_BYTES = 32 << 20
_INPUT_SHOWN = 1_000


@dataclass(frozen=True)
class Unit:
    """A work unit: the bucket's bits, the hash of its spooled rows, and its size for the progress bar."""

    bucket: str
    rows_hash: str
    problems: int
    executions: int


@dataclass
class SourceCount:
    """What a source file holds: good rows, their public inputs and their hidden tests."""

    rows: int = 0
    executions: int = 0
    hidden: int = 0


@dataclass
class Plan:
    """All units of a build in order of their buckets, the rejects met while reading, and counts by file."""

    units: tuple[Unit, ...] = ()
    rejects: list[Entry] = field(default_factory=list)
    files: dict[str, SourceCount] = field(default_factory=dict)


def to_line(located: Located) -> bytes:
    """A located solution as one spooled line."""
    return orjson.dumps(asdict(located)) + b"\n"


def from_line(line: bytes) -> Located:
    """The located solution of a spooled line."""
    data = orjson.loads(line)
    raw = data["solution"]
    raw["program"] = Program(**raw["program"])
    raw["tests"] = tuple(TestCase(**test) for test in raw["tests"])
    return Located(Solution(**raw), data["file"], data["location"])


def bucket_bits(files: tuple[SourceFile, ...]) -> int:
    """How many bits name a bucket: units of about 32 KiB of rows, at most 2^14 of them."""
    size = sum(file.size() for file in files)
    return min(MAX_BITS, max(0, math.ceil(math.log2(max(1, size / UNIT_BYTES)))))


def bucket_of(problem_id: str, bits: int) -> str:
    """The bucket of a problem: `b` and that many binary digits."""
    number = int.from_bytes(hashlib.sha256(f"bucket\0{problem_id}".encode()).digest()[:4], "big")
    return f"b{number:032b}"[: bits + 1]


class _Spool:
    """Appends rows to bucket files, holding a bounded number of bytes back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waiting: dict[str, list[bytes]] = {}
        self.bytes = 0
        self.problems: dict[str, set[str]] = {}
        self.executions: Counter[str] = Counter()

    def _path(self, bucket: str) -> Path:
        return self.folder / f"{bucket}.jsonl.tmp"

    def add(self, bucket: str, located: Located) -> None:
        line = to_line(located)
        self.waiting.setdefault(bucket, []).append(line)
        self.bytes += len(line)
        self.problems.setdefault(bucket, set()).add(located.solution.problem_id)
        self.executions[bucket] += sum(not test.hidden for test in located.solution.tests)
        if self.bytes > _BUFFERED_BYTES:
            self.flush()

    def flush(self) -> None:
        for bucket, lines in self.waiting.items():
            with self._path(bucket).open("ab") as stream:
                stream.writelines(lines)
        self.waiting.clear()
        self.bytes = 0

    def units(self, workspace: Workspace) -> tuple[Unit, ...]:
        """Names each bucket file by its content and tells what is in it."""
        self.flush()
        units = []
        for bucket in sorted(self.problems):
            path = self._path(bucket)
            rows_hash = content_hash(path.read_bytes())
            path.replace(workspace.spool(bucket, rows_hash))
            units.append(Unit(bucket, rows_hash, len(self.problems[bucket]), self.executions[bucket]))
        return tuple(units)


def _duplicates(located: Located) -> list[Entry]:
    """A reject for each public input of a row whose id another row had before."""
    solution = located.solution
    shown = [test.call if test.call is not None else test.stdin for test in solution.tests if not test.hidden]
    return [
        Entry(
            "rejects",
            "train",
            located.file,
            RejectRow(
                id=f"{located.location}/{index}",
                stage="read",
                reason="duplicate_id",
                message=f"{located.location}: the id {solution.id!r} was used by a row before; give each row its own",
                location=located.location,
                input=text[:_INPUT_SHOWN],
                claim="",
                problem_id=solution.problem_id,
                solution_id=solution.id,
            ),
        )
        for index, text in enumerate(shown)
    ]


def make_plan(options: BuildOptions, workspace: Workspace) -> Plan:
    """Streams the sources once; leaves each bucket's rows spooled under the workspace.

    Raises:
        SourceError: a source that cannot be found.
    """
    files = source_files(options.sources)
    bits = bucket_bits(files)
    for stale in (workspace.root / "spool").iterdir():
        stale.unlink()
    spool = _Spool(workspace.root / "spool")
    plan = Plan()
    seen: set[bytes] = set()
    taken = 0
    for file in files:
        counts = plan.files.setdefault(file.path, SourceCount())
        for found in file.read():
            if options.limit is not None and taken >= options.limit:
                break
            if isinstance(found, RejectRow):
                plan.rejects.append(Entry("rejects", "train", file.path, found))
                continue
            solution = found.solution
            name = hashlib.sha256(solution.id.encode()).digest()[:16]
            if name in seen:
                plan.rejects.extend(_duplicates(found))
                continue
            seen.add(name)
            taken += 1
            counts.rows += 1
            counts.hidden += sum(test.hidden for test in solution.tests)
            counts.executions += sum(not test.hidden for test in solution.tests)
            spool.add(bucket_of(solution.problem_id, bits), found)
    plan.units = spool.units(workspace)
    return plan
