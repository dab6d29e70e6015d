"""`nlex build` with an --output that is a URL: the driver plans, workers anywhere run units, one of them finishes."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from pipelines.beam_run import Graph, UnitFailed, run_graph, spread
from pipelines.fresh_start import OPTIONS, begin
from pipelines.manifest import CARD, MANIFEST
from pipelines.options import BuildOptions
from pipelines.parts import Workspace
from pipelines.plan import Plan, make_plan
from pipelines.remote.store import Store
from pipelines.remote.work import KEPT, KEPT_NEW, PLAN, PROSE, TRACES, RemoteTask, plan_to_bytes
from pipelines.runs import of_bucket
from pipelines.unit import Task, part_key
from schemas.configs import CONFIGS


class RemoteBuildError(Exception):
    """What a build at a URL was asked cannot be done; the message says what to do instead."""


def remote_arguments(options: BuildOptions, beam: Sequence[str]) -> list[str]:
    """Beam's arguments for a build at a URL: what the user gave, and what suits our units.

    Raises:
        RemoteBuildError: programs are to run in Docker on Dataflow, whose workers have no engine.
    """
    given = " ".join(beam)
    if "--runner" not in given:
        return ["--runner=FnApiRunner", *beam]
    if "DataflowRunner" not in given:
        return list(beam)
    if options.sandbox == "docker":
        raise RemoteBuildError("a Dataflow worker is itself a container and has no Docker engine: --sandbox process")
    # One unit at a time in each of the processes, of which Dataflow starts one a core: the work is Python's.
    return ["--no_save_main_session", "--number_of_worker_harness_threads=1", *beam]


def build_remote(
    options: BuildOptions, url: str, beam: Sequence[str], max_reject_rate: float = 1.0
) -> dict[str, Any] | None:
    """Builds a corpus at a URL, or finishes one that was begun, and returns its manifest.

    None where the runner only wrote a template. Nothing keeps two builds from one URL: do not start them.

    Raises:
        SourceError: a source that cannot be found.
        RemoteBuildError: it cannot be done in this way.
        UnitFailed: a worker failed, or more were rejects than `max_reject_rate` allows.
    """
    arguments = remote_arguments(options, beam)
    store = Store(url)
    with tempfile.TemporaryDirectory(prefix="nlex-") as folder:
        workspace = Workspace(Path(folder))
        workspace.make()
        store.fetch([KEPT, OPTIONS], workspace.output)
        if said := begin(workspace, options):
            print(f"nlex: {said}", file=sys.stderr)
            _clear(store)
        plan = make_plan(options, workspace)
        tasks = _hand_over(plan, options, workspace, store)
    if not run_graph(_graph(tasks, options, store, max_reject_rate), arguments):
        return None
    data = store.read(MANIFEST)
    if data is None:
        raise UnitFailed(f"the job has ended and left no {MANIFEST} at {url}: see what the job's own log says")
    manifest: dict[str, Any] = orjson.loads(data)
    return manifest


def _clear(store: Store) -> None:
    """Removes what a build with other options left; its traces stay."""
    shards = [f"{config}/{name}" for config in CONFIGS for name in store.names(config)]
    prose = [f"{PROSE}/{name}" for name in store.names(PROSE)]
    store.remove([MANIFEST, CARD, KEPT, *shards, *prose])


def _hand_over(plan: Plan, options: BuildOptions, workspace: Workspace, store: Store) -> list[RemoteTask]:
    """Puts what the workers need into the store, and names the units that have no part there."""
    tasks = [Task(unit, part_key(unit, options)) for unit in plan.units]
    done = set(store.names(PROSE))
    missing = [task for task in tasks if workspace.prose(task.unit.bucket, task.key).name not in done]
    rows = [
        path
        for task in missing
        for place in (workspace.spool, workspace.marks)
        if (path := place(task.unit.bucket, task.unit.rows_hash)).exists()
    ]
    noted = [workspace.output / KEPT_NEW, workspace.output / OPTIONS]
    store.leave([*rows, *plan.rejects, *noted], workspace.output)
    store.write(PLAN, plan_to_bytes(plan, [task.key for task in tasks]))
    traces = store.names(TRACES)
    return [RemoteTask(task, tuple(of_bucket(task.unit.bucket, traces))) for task in missing]


def _graph(tasks: Sequence[RemoteTask], options: BuildOptions, store: Store, max_reject_rate: float) -> Graph:
    """All units, then one element that finishes the corpus once they are done."""

    def add(pipeline: Any) -> None:
        import apache_beam as beam
        from apache_beam.transforms.combiners import Count

        from pipelines.remote.remote_fn import FinishRemote, RunRemoteUnit

        done = spread(pipeline, tasks) | "run" >> beam.ParDo(RunRemoteUnit(options, store))  # type: ignore[no-untyped-call]
        all_done = done | "all done" >> Count.Globally()  # type: ignore[no-untyped-call]
        all_done | "finish" >> beam.ParDo(FinishRemote(options, store, max_reject_rate))  # type: ignore[no-untyped-call]

    return add
