"""Planning: reads the sources once, decides what is kept, and deals the rows into work units by problem.

A unit is a bucket of problems. The bucket of a problem is the first bits of a hash of its name, so
the bucket of a larger build lies inside one of a smaller build, and traces are found again.
"""

import math
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from pipelines.curation.candidates import Candidates, CandidateWriter
from pipelines.curation.contamination import evaluation_sets
from pipelines.curation.decide import decide
from pipelines.curation.intake import Intake
from pipelines.identity import content_hash
from pipelines.layout import place_of
from pipelines.options import BuildOptions
from pipelines.parts import Entry, Workspace
from pipelines.read_rejects import ReadRejects
from pipelines.sources.locate import SourceFile, source_files
from pipelines.sources.located import Fault, Found, LeftOut, Located, Place, Posed
from pipelines.spool import Marks, Spool
from schemas.reject import RejectRow

UNIT_BYTES = 32 << 10
MAX_BITS = 14
_QUIET_S = 2


@dataclass(frozen=True)
class Unit:
    """A work unit: the bucket's bits, the hash of its spooled rows, and its size for the progress bar."""

    bucket: str
    rows_hash: str
    problems: int
    executions: int


@dataclass
class SourceCount:
    """What a source file holds: good rows, the inputs to run them on, hidden tests, and what was left out by reason."""

    rows: int = 0
    executions: int = 0
    hidden: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, reason: str, number: int = 1) -> None:
        """Counts things that are no fault and not wanted."""
        self.left_out[reason] = self.left_out.get(reason, 0) + number


@dataclass
class Plan:
    """All units of a build in order of their buckets, the parts with the rejects met while reading, counts by file."""

    units: tuple[Unit, ...] = ()
    rejects: tuple[Path, ...] = ()
    files: dict[str, SourceCount] = field(default_factory=dict)


def bucket_bits(files: tuple[SourceFile, ...]) -> int:
    """How many bits name a bucket: units of about 32 KiB of rows, at most 2^14 of them."""
    size = sum(file.size() for file in files)
    return min(MAX_BITS, max(0, math.ceil(math.log2(max(1, size / UNIT_BYTES)))))


def bucket_of(problem_id: str, bits: int) -> str:
    """The bucket of a problem: `b` and that many binary digits."""
    return f"b{place_of(problem_id):032b}"[: bits + 1]


def _duplicates(located: Located) -> list[RejectRow]:
    """A reject for each public input of a row whose id another row had before."""
    solution = located.solution
    shown = [test.call if test.call is not None else test.stdin for test in solution.tests if not test.hidden]
    file, _, number = located.location.rpartition(":")
    fault = Fault("duplicate_id", f"the id {solution.id!r} was used by a row before; give each row its own")
    place = Place(file, int(number))
    names = {"problem_id": solution.problem_id, "solution_id": solution.id}
    return [place.reject(fault, part=str(index), shown=text, **names) for index, text in enumerate(shown or [""])]


class _Reading:
    """One pass over the sources."""

    def __init__(self, options: BuildOptions, intake: Intake, rejects: ReadRejects) -> None:
        self.limit = options.limit
        self.intake = intake
        self.rejects = rejects
        self.taken = 0

    @property
    def full(self) -> bool:
        """Whether the limit of rows is reached."""
        return self.limit is not None and self.taken >= self.limit

    def take(self, found: Found, file: str, number: int, counts: SourceCount) -> None:
        """Takes in one thing that a reader found in a file."""
        match found:
            case RejectRow():
                self.rejects.add(Entry("rejects", "train", file, found))
            case LeftOut(reason=reason, number=left_out):
                counts.leave_out(reason, left_out)
            case Posed():
                counts.hidden += sum(test.hidden for test in found.problem.tests)
                self.intake.take_problem(found)
            case Located():
                if not self.intake.take_solution(found, number):
                    for row in _duplicates(found):
                        self.rejects.add(Entry("rejects", "train", file, row))
                    return
                self.taken += 1
                counts.rows += 1
                counts.hidden += sum(test.hidden for test in found.solution.tests)


def make_plan(options: BuildOptions, workspace: Workspace) -> Plan:
    """Streams the sources once; leaves each bucket's rows spooled under the workspace.

    Raises:
        SourceError: a source that cannot be found.
    """
    files = source_files(options.sources)
    bits = bucket_bits(files)
    folder = workspace.root / "spool"
    for stale in folder.iterdir():
        stale.unlink()
    sets = evaluation_sets(options.curation.decontaminate)
    intake = Intake(
        options.curation, sets, Spool(folder), CandidateWriter(folder), lambda problem: bucket_of(problem, bits)
    )
    rejects = ReadRejects(workspace)
    reading = _Reading(options, intake, rejects)
    plan = Plan()
    with tqdm(desc="nlex: reading", unit=" rows", delay=_QUIET_S, file=sys.stderr) as bar:
        for number, file in enumerate(files):
            counts = plan.files.setdefault(file.path, SourceCount())
            for found in file.read():
                if reading.full:
                    break
                reading.take(found, file.path, number, counts)
                bar.update(isinstance(found, Located))
    plan.rejects = rejects.close()
    candidates = intake.writer.close()
    marks = _marks(candidates, intake, options, workspace, list(plan.files.values()))
    plan.units = _units(candidates, intake, marks, workspace, list(plan.files.values()))
    return plan


def _marks(
    candidates: Candidates, intake: Intake, options: BuildOptions, workspace: Workspace, files: list[SourceCount]
) -> dict[str, Marks]:
    """What is said of rows and problems, by bucket; leaves a note of the rows that are kept."""
    marks: dict[str, Marks] = defaultdict(Marks)
    for bucket, refused in intake.refused.items():
        marks[bucket].rows.update(refused)
    for bucket, problem_id, hit in intake.contaminated.values():
        marks[bucket].problems[problem_id] = hit
    names = list(intake.buckets)
    rows = candidates.rows
    kept = ~rows["refused"]
    contaminated = frozenset(intake.contaminated)
    for mark in decide(candidates, options.curation, workspace.kept_before(), contaminated, intake.splits):
        row = rows[mark.row]
        kept[mark.row] = False
        of_bucket = marks[names[int(row["bucket"])]]
        if mark.counted:
            files[int(row["file"])].leave_out(mark.reason)
            of_bucket.left_out.add(int(row["place"]))
        else:
            of_bucket.rows[int(row["place"])] = (mark.reason, mark.message)
    workspace.note_kept(rows["identity"][kept].tobytes())
    return marks


def _executions(
    candidates: Candidates, intake: Intake, marks: dict[str, Marks], files: list[SourceCount]
) -> Counter[int]:
    """How many inputs the rows of each bucket's number have to run on, also added to the counts by file."""
    rows = candidates.rows
    names = list(intake.buckets)
    of_bucket: Counter[int] = Counter()
    columns = (np.ascontiguousarray(rows[name]).tolist() for name in ("inputs", "problem", "bucket", "file", "place"))
    for inputs, problem, bucket, file, place in zip(*columns, strict=True):
        if place in marks[names[bucket]].left_out:
            continue
        number = inputs or intake.inputs.get(problem, 0)
        of_bucket[bucket] += number
        files[file].executions += number
    return of_bucket


def _units(
    candidates: Candidates, intake: Intake, marks: dict[str, Marks], workspace: Workspace, files: list[SourceCount]
) -> tuple[Unit, ...]:
    """Names each bucket file by its content and what is said of its rows, and tells what is in it."""
    intake.spool.flush()
    executions = _executions(candidates, intake, marks, files)
    units = []
    for bucket, number in sorted(intake.buckets.items()):
        path = intake.spool.path(bucket)
        said = marks[bucket].to_bytes()
        rows_hash = content_hash(path.read_bytes(), said)
        path.replace(workspace.spool(bucket, rows_hash))
        if said:
            workspace.marks(bucket, rows_hash).write_bytes(said)
        units.append(Unit(bucket, rows_hash, len(intake.problems[bucket]), executions[number]))
    return tuple(units)
