"""Runs one work unit: the traces that are missing, then the prose, then the part that says it is done."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby

from pipelines.identity import content_hash, rendering_version
from pipelines.options import BuildOptions
from pipelines.parts import Workspace, write_part
from pipelines.plan import Unit
from pipelines.runs import StoredRun, find_runs, save_runs, stored_run
from pipelines.select import Planned, Selection, select_problem
from pipelines.sources.located import Located, Posed
from pipelines.spool import Marks, from_line
from pipelines.tokens import tokenizer_identity
from sandbox import Input, Sandbox, SandboxUnavailable, observe_all

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
        for name in sorted(rows.keys() | posed.keys())
    ]


def _observe(sandbox: Sandbox, planned: list[Planned]) -> Iterator[StoredRun]:
    """The runs of one program, which is compiled and instrumented once for all its inputs."""
    first = planned[0]
    inputs = [Input(each.test.stdin, each.test.call) for each in planned]
    observed = observe_all(sandbox, first.row.solution.program, inputs, limits=first.limits, probe="full")
    for each, seen in zip(planned, observed, strict=True):
        yield stored_run(each.trace_id, seen)


def _by_program(planned: Iterable[Planned]) -> Iterator[list[Planned]]:
    """Executions of one program under one set of limits, together."""
    for _, group in groupby(planned, key=lambda each: (each.row.solution.program, each.limits)):
        yield list(group)


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
        except SandboxUnavailable:
            if attempt == TRIES - 1:
                raise


def run_unit(task: Task, options: BuildOptions, workspace: Workspace, open_sandbox: OpenSandbox) -> None:
    """Does a unit unless its part is there already; any number of tries leave the same bytes.

    Raises:
        SandboxUnavailable: no sandbox could be had.
    """
    from pipelines.tell import tell_problem

    unit, key = task.unit, task.key
    if workspace.prose(unit.bucket, key).exists():
        return
    selections = _selections(workspace, unit, options)
    planned = [each for selection in selections for each in selection.planned]
    runs = find_runs(workspace, unit.bucket, {each.trace_id for each in planned})
    if any(each.trace_id not in runs for each in planned):
        found = set(runs)
        _run_missing(planned, runs, open_sandbox)
        fresh = {name: run for name, run in runs.items() if name not in found and run.verdict != "sandbox_error"}
        if fresh:
            save_runs(workspace, unit.bucket, content_hash(sorted(fresh)), fresh)
    entries = [entry for selection in selections for entry in tell_problem(selection, runs, options)]
    write_part(workspace.prose(unit.bucket, key), entries)
