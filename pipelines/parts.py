"""Part files: what a finished work unit leaves, under a name made of everything it was made from."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.columns import arrow_schema, to_row
from schemas.configs import CONFIGS

PARTS_FOLDER = ".parts"
_IDENTITY_BYTES = 16


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
    keys = [pa.field(name, pa.string()) for name in ("config", "split", "file", "reason")]
    return pa.schema(keys + [pa.field(name, pa.struct(list(config_schema(name)))) for name in CONFIGS])


def write_atomically(path: Path, table: pa.Table) -> None:
    """Writes a Parquet file that is whole under its name or not there at all."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    pq.write_table(table, temporary, compression="zstd")
    os.replace(temporary, path)


def write_part(path: Path, entries: Iterable[Entry]) -> None:
    """Writes rows of all configs as one part, in the order given."""
    listed = list(entries)
    columns: dict[str, list[Any]] = {
        "config": [entry.config for entry in listed],
        "split": [entry.split for entry in listed],
        "file": [entry.file for entry in listed],
        "reason": [entry.reason for entry in listed],
    }
    for config in CONFIGS:
        columns[config] = [to_row(entry.row) if entry.config == config else None for entry in listed]
    write_atomically(path, pa.table(columns, schema=part_schema()))


def part_counts(path: Path) -> Counter[tuple[str, str, str, str]]:
    """How many rows a part has by (config, split, source file, stage/reason)."""
    keys = pq.read_table(path, columns=["config", "split", "file", "reason"])
    return Counter(zip(*(keys.column(name).to_pylist() for name in keys.column_names), strict=True))


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
