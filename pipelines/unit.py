"""Runs one work unit: the traces that are missing, then the prose, then the part that says it is done."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from pipelines.identity import content_hash, rendering_version
from pipelines.options import BuildOptions
from pipelines.parts import Workspace, write_part
from pipelines.plan import Unit, from_line
from pipelines.runs import StoredRun, find_runs, save_runs, stored_run
from pipelines.select import Planned, Selection, select_problem
from pipelines.tokens import tokenizer_identity
from sandbox import Sandbox, SandboxUnavailable, observe

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
        options.styles,
        options.max_tokens,
        tokenizer_identity(options.tokenizer),
        rendering_version(),
        *_versions(),
    )


def _versions() -> tuple[str, str]:
    import platform

    from tracer import TRACER_VERSION

    return platform.python_version(), TRACER_VERSION


def _selections(workspace: Workspace, unit: Unit, options: BuildOptions) -> list[Selection]:
    with workspace.spool(unit.bucket, unit.rows_hash).open("rb") as stream:
        rows = [from_line(line) for line in stream]
    rows.sort(key=lambda row: row.solution.problem_id)
    grouped = groupby(rows, key=lambda row: row.solution.problem_id)
    return [select_problem(list(problem), options) for _, problem in grouped]


def _observe(sandbox: Sandbox, planned: Planned) -> StoredRun:
    test = planned.test
    seen = observe(
        sandbox, planned.row.solution.program, stdin=test.stdin, call=test.call, limits=planned.limits, probe="full"
    )
    return stored_run(planned.trace_id, seen)


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
            for name, each in list(missing.items()):
                runs[name] = _observe(sandbox, each)
                if runs[name].verdict != "sandbox_error":
                    del missing[name]
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
