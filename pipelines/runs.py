"""Stored runs: what the sandbox saw of an execution, kept in trace parts so that it runs only once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.parts import Workspace, write_atomically
from sandbox import Observation
from schemas.columns import arrow_schema, from_row, to_row


@dataclass(frozen=True)
class StoredRun:
    """An observation without its timings, which differ from run to run.

    Attributes:
        id: the trace id.
        detail: why the verdict is a `sandbox_error`, for people.
        log, integrity: the trace, None where none was made.
        nondeterministic: empty, or what differed between two runs.
        traced_detail: why a trace is not complete, for people.
    """

    id: str
    verdict: str
    stdout: bytes
    value: str | None
    error_message: str
    detail: str
    log: bytes | None
    integrity: str | None
    nondeterministic: str
    traced_detail: str


def stored_run(identity: str, seen: Observation) -> StoredRun:
    """What is kept of an observation."""
    outcome, error = seen.outcome, seen.outcome.error
    return StoredRun(
        id=identity,
        verdict=outcome.verdict,
        stdout=outcome.stdout,
        value=outcome.value,
        error_message=_encodable(error.message) if error else "",
        detail=_encodable(outcome.detail),
        log=outcome.trace,
        integrity=outcome.trace_integrity,
        nondeterministic=_encodable(seen.nondeterministic),
        traced_detail=_encodable(seen.traced_detail),
    )


def _encodable(text: str) -> str:
    """The text with lone surrogates, which no column can hold, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def save_runs(workspace: Workspace, bucket: str, key: str, runs: Mapping[str, StoredRun]) -> None:
    """Writes the trace part of a unit, its runs in the order of their ids."""
    rows: list[dict[str, Any]] = [to_row(runs[identity]) for identity in sorted(runs)]
    write_atomically(
        workspace.traces(bucket, key),
        pa.Table.from_pylist(rows, schema=arrow_schema(StoredRun).remove_metadata()),
    )


def of_bucket(bucket: str, names: Iterable[str]) -> list[str]:
    """The names of parts of this bucket, or of a build with more or fewer buckets that may hold the same problems."""
    own = ((name, name.partition("-")[0]) for name in sorted(names))
    return [name for name, other in own if other.startswith(bucket) or bucket.startswith(other)]


def find_runs(workspace: Workspace, bucket: str, wanted: set[str]) -> dict[str, StoredRun]:
    """The wanted runs that trace parts of this bucket, or of a build with more or fewer buckets, hold."""
    found: dict[str, StoredRun] = {}
    folder = workspace.root / "traces"
    for name in of_bucket(bucket, (path.name for path in folder.glob("b*.parquet"))):
        missing = wanted - found.keys()
        if not missing:
            break
        table = pq.read_table(folder / name, filters=[("id", "in", sorted(missing))])
        found.update((row["id"], from_row(StoredRun, row)) for row in table.to_pylist())
    return found
