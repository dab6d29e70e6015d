"""Part files: what a finished work unit leaves, under a name made of everything it was made from."""

import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.measures import stage
from schemas.columns import arrow_schema, to_row
from schemas.configs import CONFIGS

PARTS_FOLDER = ".parts"
_IDENTITY_BYTES = 16
_KEYS = ("config", "split", "file", "reason", "problem")


@dataclass(frozen=True)
class Entry:
    """A row on its way to a shard: its config and split, the source file it came from, and the record."""

    config: str
    split: str
    file: str
    row: Any

    @property
    def reason(self) -> str:
        """`stage/reason` of a reject, else empty."""
        return f"{self.row.stage}/{self.row.reason}" if self.config == "rejects" else ""

    @property
    def problem(self) -> str:
        """The problem that the row belongs to; a row that has none is a problem of its own."""
        return str((self.config != "solve" and self.row.problem_id) or self.row.id)


@dataclass(frozen=True)
class Workspace:
    """The folder beside the shards where a build keeps its spooled rows and its finished parts."""

    output: Path

    @property
    def root(self) -> Path:
        return self.output / PARTS_FOLDER

    def spool(self, bucket: str, key: str) -> Path:
        return self.root / "spool" / f"{bucket}-{key}.jsonl"

    def marks(self, bucket: str, key: str) -> Path:
        """What was decided of the spooled rows; there is no such file where nothing was."""
        return self.root / "spool" / f"{bucket}-{key}.marks"

    def kept_before(self) -> frozenset[bytes]:
        """The identities of the rows that the last finished build kept."""
        path = self.root / "kept"
        data = path.read_bytes() if path.exists() else b""
        return frozenset(data[at : at + _IDENTITY_BYTES] for at in range(0, len(data), _IDENTITY_BYTES))

    def note_kept(self, identities: bytes) -> None:
        """Notes the rows that this build keeps; `kept_now` makes it count."""
        (self.root / "kept.new").write_bytes(identities)

    def kept_now(self) -> None:
        """From now on the rows last noted are those that were kept before."""
        (self.root / "kept.new").replace(self.root / "kept")

    def traces(self, bucket: str, key: str) -> Path:
        return self.root / "traces" / f"{bucket}-{key}.parquet"

    def prose(self, bucket: str, key: str) -> Path:
        return self.root / "prose" / f"{bucket}-{key}.parquet"

    def make(self) -> None:
        """Makes the folders and clears what a killed build left half written."""
        for name in ("spool", "traces", "prose"):
            folder = self.root / name
            folder.mkdir(parents=True, exist_ok=True)
            for leftover in folder.glob("*.tmp"):
                leftover.unlink(missing_ok=True)


def config_schema(config: str) -> pa.Schema:
    """The Arrow schema of a config's rows, with the features embedded."""
    record: Any = CONFIGS[config]
    return arrow_schema(record)


def part_schema() -> pa.Schema:
    """One column a config, of which one is filled in a row, beside columns to count by."""
    keys = [pa.field(name, pa.string()) for name in _KEYS]
    return pa.schema(keys + [pa.field(name, pa.struct(list(config_schema(name)))) for name in CONFIGS])


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """A name to write to: what is written there is `path` afterwards, or nowhere if anything fails."""
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, table: pa.Table, before: Callable[[], object] = lambda: None) -> None:
    """Writes a Parquet file that is whole under its name or not there; `before` is called once all is written."""
    with _appearing(path) as temporary:
        with stage("write"):
            pq.write_table(table, temporary, compression="zstd")
        before()


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """Writes a file that is whole under its name or not there at all."""
    with _appearing(path) as temporary:
        temporary.write_bytes(data)


def part_table(entries: Iterable[Entry]) -> pa.Table:
    """Rows of all configs as the table of a part, in the order given."""
    listed = list(entries)
    columns: dict[str, list[Any]] = {
        "config": [entry.config for entry in listed],
        "split": [entry.split for entry in listed],
        "file": [entry.file for entry in listed],
        "reason": [entry.reason for entry in listed],
        "problem": [entry.problem for entry in listed],
    }
    for config in CONFIGS:
        columns[config] = [to_row(entry.row) if entry.config == config else None for entry in listed]
    return pa.table(columns, schema=part_schema())


def write_part(path: Path, entries: Iterable[Entry]) -> None:
    """Writes rows of all configs as one part, in the order given."""
    write_atomically(path, part_table(entries))


def part_keys(path: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """The config, split, source file, `stage/reason` and problem of each row of a part, in its order."""
    keys = pq.read_table(path, columns=list(_KEYS))
    return zip(*(keys.column(name).to_pylist() for name in _KEYS), strict=True)


def part_counts(path: Path) -> Counter[tuple[str, str, str, str]]:
    """How many rows a part has by (config, split, source file, stage/reason)."""
    return Counter((config, split, file, reason) for config, split, file, reason, _ in part_keys(path))


def part_ids(path: Path, config: str, split: str) -> list[str]:
    """The ids of the rows of one config and split, in the part's order."""
    table = pq.ParquetFile(path).read(columns=["config", "split", f"{config}.id"])
    return [row[config]["id"] for row in table.to_pylist() if (row["config"], row["split"]) == (config, split)]


def part_rows(path: Path, config: str, split: str) -> pa.Table:
    """The rows of one config and split, in the part's order, with the config's own schema."""
    schema = config_schema(config)
    filters = [("config", "==", config), ("split", "==", split)]
    table = pq.read_table(path, columns=["config", "split", config], filters=filters)
    structs = table.column(config).combine_chunks()
    return pa.Table.from_arrays(structs.flatten(), schema=schema)
