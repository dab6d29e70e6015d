"""`verify --rerun`: executes some examples of a corpus again and compares what they gave, byte for byte."""

import hashlib
import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.finding import Finding
from pipelines.manifest import read_manifest
from pipelines.trace_lookup import TraceLookup
from sandbox import Sandbox, observe
from schemas.job import Limits, Program
from schemas.trace_row import TraceRow

_MEMORY_BYTES = 1 << 30


def chosen(corpus: Path, files: list[dict[str, Any]], number: int) -> list[tuple[str, str, str, str]]:
    """(file, split, row id, trace id) of the examples whose ids have the smallest hashes: always the same ones."""
    found: list[tuple[str, str, str, str, str]] = []
    for listed in files:
        if listed["config"] == "nlex":
            table = pq.read_table(corpus / listed["path"], columns=["id", "trace_id"])
            for row in table.to_pylist():
                order = hashlib.sha256(row["id"].encode()).hexdigest()
                found.append((order, listed["path"], listed["split"], row["id"], row["trace_id"]))
    return [each[1:] for each in heapq.nsmallest(number, found)]


def _differences(row: TraceRow, sandbox: Sandbox, options: dict[str, Any]) -> Iterator[str]:
    call = row.input if row.kind == "function" else None
    default = Limits()
    cpu_s = options["time_limit_s"] or default.cpu_s
    limits = Limits(
        cpu_s=cpu_s,
        wall_s=2 * cpu_s,
        memory_bytes=_MEMORY_BYTES,
        max_events=options["max_events"],
        max_trace_bytes=options["max_trace_bytes"],
    )
    program = Program("stdin" if call is None else "function", row.code, row.prelude, row.setup)
    seen = observe(sandbox, program, stdin="" if call is not None else row.input, call=call, limits=limits)
    outcome = seen.outcome
    if outcome.verdict != row.verdict:
        yield f"run again it ended as {outcome.verdict}, the corpus says {row.verdict}"
        return
    output = outcome.value or "" if call is not None else outcome.stdout.decode("utf-8", "replace")
    if output != row.output:
        yield "run again it gave another output"
    if outcome.trace != row.log:
        yield f"run again it left another trace ({seen.traced_detail or seen.nondeterministic or 'other bytes'})"


def rerun(corpus: Path, number: int, sandbox: Sandbox) -> tuple[int, list[Finding]]:
    """Executes up to `number` examples again; how many were, and what differed.

    Raises:
        ManifestError: there is no finished corpus.
        SandboxUnavailable: this machine cannot run them.
    """
    manifest = read_manifest(corpus)
    traces = TraceLookup(corpus)
    findings = []
    picked = chosen(corpus, manifest["files"], number)
    for file, split, identity, trace_id in picked:
        row = traces.find(split, trace_id)
        if row is None:
            findings.append(Finding("nlex", file, identity, trace_id, "its trace is missing"))
            continue
        for difference in _differences(row, sandbox, manifest["options"]):
            findings.append(Finding("nlex", file, identity, "", difference))
    return len(picked), findings
