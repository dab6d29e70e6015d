"""Part files: what a finished work unit leaves, under a name made of everything it was made from.

A part is a zip of Arrow streams, one for each config that it has rows of and one of the keys of all rows, so that
writing it and reading one config of it cost nothing for the others. Each stream is compressed as a whole: Arrow's own
way, column by column, takes ten times as long for so few rows, and more room.
"""

import io
import os
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.columns import arrow_schema, to_row
from schemas.configs import CONFIGS

PARTS_FOLDER = ".parts"
PART_SUFFIX = ".zip"
_IDENTITY_BYTES = 16
_KEYS = ("config", "split", "file", "reason", "problem")
_KEYS_MEMBER = "keys"
_COMPRESSION = "zstd"


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
        return self.root / "prose" / f"{bucket}-{key}{PART_SUFFIX}"

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


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A name to write to: what is written there is `path` afterwards, or nowhere if anything fails."""
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, table: pa.Table) -> None:
    """Writes a Parquet file that is whole under its name or not there."""
    with appearing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def write_bytes_atomically(path: Path, data: bytes, before: Callable[[], object] = lambda: None) -> None:
    """Writes a file that is whole under its name or not there at all; `before` is called once all is written."""
    with appearing(path) as temporary:
        temporary.write_bytes(data)
        before()


def _add(archive: zipfile.ZipFile, name: str, table: pa.Table) -> None:
    held = pa.BufferOutputStream()
    with pa.CompressedOutputStream(held, _COMPRESSION) as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    # A member made like this bears the same date whenever it is made.
    archive.writestr(zipfile.ZipInfo(name), held.getvalue().to_pybytes())


def part_bytes(entries: Iterable[Entry]) -> bytes:
    """Rows of all configs as a part, in the order given."""
    listed = list(entries)
    keys = {name: [getattr(entry, name) for entry in listed] for name in _KEYS}
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        _add(archive, _KEYS_MEMBER, pa.table(keys, schema=pa.schema([(name, pa.string()) for name in _KEYS])))
        for config in CONFIGS:
            rows = [to_row(entry.row) for entry in listed if entry.config == config]
            if rows:
                _add(archive, config, pa.Table.from_pylist(rows, schema=config_schema(config).remove_metadata()))
    return held.getvalue()


def write_part(path: Path, entries: Iterable[Entry]) -> None:
    """Writes rows of all configs as one part, in the order given."""
    write_bytes_atomically(path, part_bytes(entries))


def _read(path: Path, member: str) -> pa.Table:
    with zipfile.ZipFile(path) as archive:
        held = pa.BufferReader(archive.read(member))
    with pa.ipc.open_stream(pa.CompressedInputStream(held, _COMPRESSION)) as stream:
        return stream.read_all()


def part_keys(path: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """The config, split, source file, `stage/reason` and problem of each row of a part, in its order."""
    keys = _read(path, _KEYS_MEMBER)
    return zip(*(keys.column(name).to_pylist() for name in _KEYS), strict=True)


def part_counts(path: Path) -> Counter[tuple[str, str, str, str]]:
    """How many rows a part has by (config, split, source file, stage/reason)."""
    return Counter((config, split, file, reason) for config, split, file, reason, _ in part_keys(path))


def part_ids(path: Path, config: str, split: str) -> list[str]:
    """The ids of the rows of one config and split, in the part's order."""
    ids: list[str] = part_rows(path, config, split).column("id").to_pylist()
    return ids


def part_rows(path: Path, config: str, split: str) -> pa.Table:
    """The rows of one config and split, in the part's order, with the config's own schema."""
    splits = [each for of, each, *_ in part_keys(path) if of == config]
    schema = config_schema(config)
    if split not in splits:
        return schema.empty_table()
    table = _read(path, config)
    if any(each != split for each in splits):
        table = table.filter(pa.array([each == split for each in splits]))
    return table.replace_schema_metadata(schema.metadata)
