"""Runs one work unit: the traces that are missing, then the prose, then the part that says it is done."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path

from pipelines.curation.synthesis.grow import grow
from pipelines.identity import content_hash, rendering_version
from pipelines.layout import place_of
from pipelines.measures import Measures, measures_beside, read_measures, stage, take_seconds
from pipelines.options import BuildOptions
from pipelines.parts import Workspace, part_bytes, write_bytes_atomically
from pipelines.plan import Unit
from pipelines.pulse import busy, expect
from pipelines.runs import StoredRun, find_runs, save_runs, stored_run
from pipelines.select import Planned, Selection, select_problem
from pipelines.sources.located import Located, Posed
from pipelines.spool import Marks, from_line
from pipelines.tokens import tokenizer_identity
from pipelines.unit_log import about, log
from sandbox import Input, Sandbox, SandboxUnavailable, observe_all, traced_limits
from schemas.job import HASH_SEEDS, Limits

TRIES = 4
_PAUSE_S = 2.0

OpenSandbox = Callable[[bool], Sandbox]
"""Gives this process's sandbox; True asks for a fresh one in place of one that broke."""


@dataclass(frozen=True)
class Task:
    """A unit to do, and the key of the part it is to leave (`part_key`, which only the driver works out)."""

    unit: Unit
    key: str


def part_key(unit: Unit, options: BuildOptions) -> str:
    """The name of a unit's prose part: its rows, the options and the versions."""
    return content_hash(
        unit.rows_hash,
        options.sandbox,
        options.max_events,
        options.max_trace_bytes,
        options.time_limit_s,
        options.limit_scale,
        options.seed,
        asdict(options.curation),
        options.styles,
        options.max_tokens,
        tokenizer_identity(options.tokenizer),
        options.side_tasks,
        rendering_version(),
        *_versions(),
    )


def _versions() -> tuple[str, str]:
    import platform

    from tracer import TRACER_VERSION

    return platform.python_version(), TRACER_VERSION


def _selections(workspace: Workspace, unit: Unit, options: BuildOptions) -> list[Selection]:
    marks_at = workspace.marks(unit.bucket, unit.rows_hash)
    marks = Marks.from_bytes(marks_at.read_bytes() if marks_at.exists() else b"")
    rows: dict[str, list[Located]] = {}
    posed: dict[str, list[Posed]] = {}
    marked: dict[str, tuple[str, str]] = {}
    with workspace.spool(unit.bucket, unit.rows_hash).open("rb") as stream:
        for place, line in enumerate(stream):
            found = from_line(line)
            if isinstance(found, Posed):
                posed.setdefault(found.problem.id, []).append(found)
            elif place not in marks.left_out:
                rows.setdefault(found.solution.problem_id, []).append(found)
                if place in marks.rows:
                    marked[found.solution.id] = marks.rows[place]
    return [
        select_problem(rows.get(name, []), options, posed.get(name, []), marked, marks.problems.get(name, ""))
        for name in sorted(rows.keys() | posed.keys(), key=lambda name: (place_of(name), name))
    ]


def _longest_s(limits: Limits) -> float:
    """What the runs of one input may take by the wall clock, were each made and broken off as often as may be."""
    return TRIES * ((HASH_SEEDS + 2) * limits.wall_s + 4 * traced_limits(limits).wall_s)


def _observe(sandbox: Sandbox, planned: list[Planned]) -> Iterator[StoredRun]:
    """The runs of one program, which is compiled and instrumented once for all its inputs."""
    first = planned[0]
    inputs = [Input(each.test.stdin, each.test.call) for each in planned]
    expect(len(inputs) * _longest_s(first.limits), f"running {first.row.solution.id}")
    with stage("sandbox"):
        observed = observe_all(sandbox, first.row.solution.program, inputs, limits=first.limits, probe="full")
    for each, seen in zip(planned, observed, strict=True):
        yield stored_run(each.trace_id, seen)


def _by_program(planned: Iterable[Planned]) -> Iterator[list[Planned]]:
    """Executions of one program under one set of limits, together."""
    for _, group in groupby(planned, key=lambda each: (each.row.solution.program, each.limits)):
        yield list(group)


def _log_failure(planned: Planned, attempt: int, detail: str) -> None:
    problem = planned.row.solution.problem_id
    log("sandbox_error", logging.WARNING, problem=problem, execution=planned.id, attempt=attempt, detail=detail)


def _run_missing(planned: Iterable[Planned], runs: dict[str, StoredRun], open_sandbox: OpenSandbox) -> None:
    """Fills in the runs that are missing; those that the sandbox fails each time stay a `sandbox_error`.

    Raises:
        SandboxUnavailable: no sandbox could be had in any try.
    """
    missing = {each.trace_id: each for each in planned if each.trace_id not in runs}
    for attempt in range(TRIES):
        if not missing:
            return
        if attempt:
            time.sleep(_PAUSE_S * attempt)
        try:
            sandbox = open_sandbox(attempt > 0)
            for together in _by_program(list(missing.values())):
                for run in _observe(sandbox, together):
                    runs[run.id] = run
                    if run.verdict != "sandbox_error":
                        del missing[run.id]
                    else:
                        _log_failure(missing[run.id], attempt, run.detail)
        except SandboxUnavailable as error:
            log("sandbox_unavailable", logging.WARNING, attempt=attempt, detail=str(error))
            if attempt == TRIES - 1:
                raise


class _Work:
    """The runs of a unit: those that are stored, and those that it adds."""

    def __init__(self, workspace: Workspace, bucket: str, open_sandbox: OpenSandbox) -> None:
        self._workspace = workspace
        self._bucket = bucket
        self._open_sandbox = open_sandbox
        self._fresh: dict[str, StoredRun] = {}

    def run(self, planned: Sequence[Planned]) -> dict[str, StoredRun]:
        """The runs of some executions by their ids, of which only the missing ones are made."""
        wanted = {each.trace_id for each in planned}
        with stage("read"):
            runs = find_runs(self._workspace, self._bucket, wanted)
        missing = wanted - runs.keys()
        if missing:
            _run_missing(planned, runs, self._open_sandbox)
            self._fresh.update((name, runs[name]) for name in missing if runs[name].verdict != "sandbox_error")
        return runs

    def save(self) -> None:
        """Stores what was run."""
        if self._fresh:
            save_runs(self._workspace, self._bucket, content_hash(sorted(self._fresh)), self._fresh)


def _grown(selection: Selection, runs: dict[str, StoredRun], work: _Work, options: BuildOptions) -> Selection:
    """The selection with further inputs for programs that have few; `runs` gets theirs too."""
    taken = [test for posed in selection.problems for test in posed.problem.tests]
    planned: list[Planned] = []
    for _, group in groupby(selection.planned, key=lambda each: each.row.solution.id):
        given = list(group)
        planned += given
        planned += grow(given, runs, work.run, wanted=options.curation.synthesize, seed=options.seed, taken=taken)
    return replace(selection, planned=tuple(planned))


def run_unit(task: Task, options: BuildOptions, workspace: Workspace, open_sandbox: OpenSandbox) -> Measures:
    """Does a unit unless its part is there already, and returns its measures; any number of tries leave the same part.

    Raises:
        SandboxUnavailable: no sandbox could be had.
    """
    part = workspace.prose(task.unit.bucket, task.key)
    if part.exists():
        return read_measures(part)
    with about(unit=task.unit.bucket), busy(task.unit.bucket):
        log("unit_begun", problems=task.unit.problems, executions=task.unit.executions)
        try:
            measures = _run_unit(task.unit, part, options, workspace, open_sandbox)
        except Exception as error:
            log("unit_failed", logging.ERROR, error=f"{type(error).__name__}: {error}")
            raise
        log("unit_done", **measures.counts(), seconds=dict(measures.seconds))
    return measures


def _run_unit(
    unit: Unit, part: Path, options: BuildOptions, workspace: Workspace, open_sandbox: OpenSandbox
) -> Measures:
    from pipelines.tell import tell_problem

    take_seconds()
    with stage("read"):
        selections = _selections(workspace, unit, options)
    planned = [each for selection in selections for each in selection.planned]
    work = _Work(workspace, unit.bucket, open_sandbox)
    runs = work.run(planned)
    if options.curation.synthesize:
        selections = [_grown(selection, runs, work, options) for selection in selections]
    with stage("write"):
        work.save()
    measures = Measures()
    entries = [entry for selection in selections for entry in tell_problem(selection, runs, options, measures)]

    with stage("write"):
        data = part_bytes(entries)

    def note_measures() -> None:
        measures.seconds.update(take_seconds())
        write_bytes_atomically(measures_beside(part), measures.to_bytes())

    write_bytes_atomically(part, data, before=note_measures)
    return measures
