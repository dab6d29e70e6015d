"""What a worker does that shares no folder with the driver: one unit, or the corpus's last step, through a store."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from pipelines.finish import failed_parts, finish_corpus
from pipelines.manifest import MANIFEST
from pipelines.measures import Measures, measures_beside
from pipelines.options import BuildOptions
from pipelines.parts import PARTS_FOLDER, Workspace
from pipelines.plan import Plan, SourceCount, Unit
from pipelines.remote.store import Store
from pipelines.unit import OpenSandbox, Task, run_unit
from schemas.configs import CONFIGS

PLAN = f"{PARTS_FOLDER}/plan.json"
KEPT = f"{PARTS_FOLDER}/kept"
KEPT_NEW = f"{PARTS_FOLDER}/kept.new"
PROSE = f"{PARTS_FOLDER}/prose"
TRACES = f"{PARTS_FOLDER}/traces"
SPOOL = f"{PARTS_FOLDER}/spool"


@dataclass(frozen=True)
class RemoteTask:
    """A unit to do, and the names of the trace parts in the store that may hold runs of it."""

    task: Task
    traces: tuple[str, ...]


def plan_to_bytes(plan: Plan, keys: Sequence[str]) -> bytes:
    """A plan and the keys of its units' parts, as the store keeps them."""
    units = [asdict(unit) | {"key": key} for unit, key in zip(plan.units, keys, strict=True)]
    files = {file: asdict(count) for file, count in plan.files.items()}
    return orjson.dumps({"units": units, "rejects": [path.name for path in plan.rejects], "files": files})


def plan_from_bytes(data: bytes, workspace: Workspace) -> tuple[Plan, list[Task]]:
    """The plan that was stored, its reject parts in this workspace, and its units as tasks."""
    raw: dict[str, Any] = orjson.loads(data)
    tasks = [Task(Unit(**{name: unit[name] for name in unit if name != "key"}), unit["key"]) for unit in raw["units"]]
    files = {file: SourceCount(**count) for file, count in raw["files"].items()}
    rejects = tuple(workspace.root / "prose" / name for name in raw["rejects"])
    return Plan(tuple(task.unit for task in tasks), rejects, files), tasks


def _below(workspace: Workspace, *paths: Path) -> list[str]:
    return [path.relative_to(workspace.output).as_posix() for path in paths]


def run_remote_unit(work: RemoteTask, options: BuildOptions, store: Store, open_sandbox: OpenSandbox) -> Measures:
    """Does a unit whose rows lie in a store unless its part is there; leaves its traces, then its part.

    Raises:
        FileNotFoundError: its rows are not there: another build took them away.
        SandboxUnavailable: no sandbox could be had.
    """
    unit = work.task.unit
    with tempfile.TemporaryDirectory(prefix="nlex-unit-") as folder:
        workspace = Workspace(Path(folder))
        workspace.make()
        part = workspace.prose(unit.bucket, work.task.key)
        done = store.read(_below(workspace, measures_beside(part))[0])
        if done is not None and store.holds(_below(workspace, part)[0]):
            return Measures.from_bytes(done)
        rows = [place(unit.bucket, unit.rows_hash) for place in (workspace.spool, workspace.marks)]
        wanted = [*_below(workspace, *rows), *(f"{TRACES}/{name}" for name in work.traces)]
        fetched = store.fetch(wanted, Path(folder))
        if rows[0] not in fetched:
            raise FileNotFoundError(
                f"{store.url} lacks {rows[0].name}; it holds {', '.join(store.names(SPOOL)) or 'no rows'}"
            )
        measures = run_unit(work.task, options, workspace, open_sandbox)
        fresh = [path for path in (workspace.root / "traces").iterdir() if path not in fetched]
        store.leave(fresh, workspace.output)
        store.leave([measures_beside(part)], workspace.output)
        store.leave([part], workspace.output)
    return measures


def finish_remote(options: BuildOptions, store: Store, max_reject_rate: float) -> None:
    """Writes the corpus from the parts in the store, the manifest last; repeated, it leaves the same.

    Raises:
        TooManyRejects: see `finish_corpus`.
    """
    with tempfile.TemporaryDirectory(prefix="nlex-finish-") as folder:
        workspace = Workspace(Path(folder))
        workspace.make()
        plan, tasks = plan_from_bytes(store.read(PLAN) or b"", workspace)
        parts = [workspace.prose(task.unit.bucket, task.key) for task in tasks]
        wanted = [*plan.rejects, *parts, *map(measures_beside, parts)]
        fetched = set(store.fetch(_below(workspace, *wanted), workspace.output))
        if absent := [path.name for path in wanted if path not in fetched]:
            raise FileNotFoundError(f"{store.url} lacks {len(absent)} parts, such as {absent[0]}: build again")
        finish_corpus(plan, parts, options, workspace.output, max_reject_rate)
        _leave_corpus(workspace, store)
        kept = store.read(KEPT_NEW)
        if kept is not None:
            store.write(KEPT, kept)
        failed = {name for part in failed_parts(parts) for name in (part.name, measures_beside(part).name)}
        used = {path.name for path in wanted} - failed
        stale = [f"{PROSE}/{name}" for name in store.names(PROSE) if name not in used]
        store.remove([*stale, *(f"{SPOOL}/{name}" for name in store.names(SPOOL))])


def _leave_corpus(workspace: Workspace, store: Store) -> None:
    """Replaces the corpus at the store's URL; while there is no manifest, it is not whole."""
    store.remove([MANIFEST])
    output = workspace.output
    shards = [path for config in CONFIGS for path in sorted((output / config).glob("*.parquet"))]
    store.leave(shards, output)
    names = set(_below(workspace, *shards))
    there = [f"{config}/{name}" for config in CONFIGS for name in store.names(config)]
    store.remove(name for name in there if name not in names)
    rest = [path for path in sorted(output.iterdir()) if path.is_file() and path.name != MANIFEST]
    store.leave(rest, output)
    store.leave([output / MANIFEST], output)
