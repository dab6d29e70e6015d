"""`verify`: reads a whole corpus back, row group by row group, in as many processes as there are cores."""

import functools
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.finding import Finding
from pipelines.manifest import read_manifest
from pipelines.trace_lookup import TraceLookup, rows_of
from pipelines.verify_questions import question_faults
from pipelines.verify_rows import (
    Fault,
    example_faults,
    id_of,
    prediction_faults,
    reject_faults,
    solve_faults,
    trace_faults,
)
from pipelines.verify_shards import file_findings
from schemas.columns import from_row
from schemas.configs import CONFIGS
from schemas.question import QUESTION_CONFIGS

_ONE_PROCESS_ROWS = 400


@dataclass
class VerifyReport:
    """What was read and what is wrong."""

    rows: int = 0
    claims: int = 0
    rerun: int = 0
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class _Group:
    """A row group to check."""

    corpus: Path
    config: str
    split: str
    file: str
    group: int
    seed: int
    tokenizer: str


def _digest(*texts: str) -> bytes:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).digest()[:16]


@functools.cache
def _traces(corpus: Path) -> TraceLookup:
    return TraceLookup(corpus)


@functools.cache
def _outputs(corpus: Path) -> dict[bytes, set[str]]:
    """The outputs of ended runs by program and input."""
    found: dict[bytes, set[str]] = {}
    for path in sorted((corpus / "traces").glob("*.parquet")):
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            columns = ["kind", "code", "input", "output", "verdict"]
            for row in file.read_row_group(group, columns=columns).to_pylist():
                if row["verdict"] == "ok":
                    found.setdefault(_digest(row["kind"], row["code"], row["input"]), set()).add(row["output"])
    return found


def _faults(group: _Group, row: Any) -> Iterator[Fault]:
    match group.config:
        case "nlex":
            stored = _traces(group.corpus).find(group.split, row.trace_id)
            yield from example_faults(row, stored, group.seed, group.tokenizer)
        case "output_prediction":
            yield from prediction_faults(row, _outputs(group.corpus).get(_digest(row.kind, row.code, row.input), set()))
        case "solve":
            yield from solve_faults(row)
        case config if config in QUESTION_CONFIGS:
            yield from question_faults(row, _traces(group.corpus).find(group.split, row.trace_id))
        case "traces":
            yield from trace_faults(row)
        case "rejects":
            yield from reject_faults(row)


def _check_group(group: _Group) -> tuple[int, int, list[Finding]]:
    """Rows, claims and findings of one row group; a row that cannot be read is a finding."""
    rows = claims = 0
    findings = []
    try:
        plain = list(rows_of(group.corpus / group.file, group.group))
    except (OSError, ValueError) as error:
        return 0, 0, [Finding(group.config, group.file, "", "", f"row group {group.group} cannot be read: {error}")]
    for data in plain:
        rows += 1
        try:
            row = from_row(CONFIGS[group.config], data)
            faults = list(_faults(group, row))
            claims += row.claims if group.config == "nlex" else 0
        except Exception as error:
            faults = [Fault(f"the row cannot be checked: {type(error).__name__}: {error}")]
        findings += [Finding(group.config, group.file, id_of(data), fault.claim, fault.message) for fault in faults]
    return rows, claims, findings


def _identity_findings(corpus: Path, files: list[dict[str, Any]]) -> Iterator[Finding]:
    """Ids that two rows of a config share, and problems that stand in two splits."""
    split_of: dict[bytes, str] = {}
    for config in CONFIGS:
        seen: set[bytes] = set()
        for listed in (listed for listed in files if listed["config"] == config):
            columns = ["id"] + ["problem_id"] * (config not in ("solve", "traces", "rejects"))
            for row in pq.read_table(corpus / listed["path"], columns=columns).to_pylist():
                key = _digest(row["id"], listed["split"] if config == "traces" else "")
                if key in seen:
                    yield Finding(config, listed["path"], row["id"], "", "another row has this id")
                seen.add(key)
                if config in ("traces", "rejects"):
                    continue
                problem = row.get("problem_id", row["id"])
                split = split_of.setdefault(_digest(problem), listed["split"])
                if split != listed["split"]:
                    message = f"its problem {problem!r} also stands in {split}"
                    yield Finding(config, listed["path"], row["id"], "", message)


def _groups(corpus: Path, files: list[dict[str, Any]], options: dict[str, Any]) -> list[_Group]:
    return [
        _Group(corpus, listed["config"], listed["split"], listed["path"], group, options["seed"], options["tokenizer"])
        for listed in files
        for group in range(pq.ParquetFile(corpus / listed["path"]).num_row_groups)
    ]


def verify(corpus: Path, *, workers: int = 1, done: Callable[[int], object] = lambda rows: None) -> VerifyReport:
    """Reads every shard of a corpus back and checks all that can be checked without running a program.

    Args:
        done: told the number of rows after each row group.

    Raises:
        ManifestError: there is no finished corpus.
    """
    manifest = read_manifest(corpus)
    report = VerifyReport(findings=file_findings(corpus, manifest))
    broken = {found.file for found in report.findings if "Parquet" in found.message or "not there" in found.message}
    files = [listed for listed in manifest["files"] if listed["path"] not in broken]
    groups = _groups(corpus, files, manifest["options"])

    def take(result: tuple[int, int, list[Finding]]) -> None:
        rows, claims, findings = result
        report.rows += rows
        report.claims += claims
        report.findings += findings
        done(rows)

    if workers == 1 or sum(listed["rows"] for listed in files) < _ONE_PROCESS_ROWS:
        for group in groups:
            take(_check_group(group))
    else:
        with ProcessPoolExecutor(workers) as pool:
            for result in pool.map(_check_group, groups):
                take(result)
    mismatched = {found.file for found in report.findings if "columns" in found.message}
    report.findings += _identity_findings(corpus, [listed for listed in files if listed["path"] not in mismatched])
    return report
