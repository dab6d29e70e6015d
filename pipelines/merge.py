"""Merging: the parts of all units, in the order of their buckets, become the shards of each config and split."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.identity import sha256_of
from pipelines.mixture import Mixture
from pipelines.parts import config_schema, part_counts, part_ids, part_rows
from schemas.configs import CONFIGS, SPLITS

ROWS_A_SHARD = 20_000
_ROWS_A_GROUP = {"nlex": 250, "traces": 250}
_ROWS_A_GROUP_ELSE = 1_000


@dataclass(frozen=True)
class Shard:
    """A file of a corpus: its path below the corpus's folder, its rows, bytes and SHA-256."""

    path: str
    config: str
    split: str
    rows: int
    bytes: int
    sha256: str


@dataclass
class Counts:
    """Rows of all parts by config and split, by source file and config, and rejects by `stage/reason`.

    `parts` are, for a config and split, those that have rows of it, in their order. `mixture` tells
    what the examples are, once the shards are written.
    """

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    file_rejects: Counter[tuple[str, str]] = field(default_factory=Counter)
    parts: dict[tuple[str, str], list[Path]] = field(default_factory=lambda: defaultdict(list))
    mixture: Mixture = field(default_factory=Mixture)

    def add(self, part: Path) -> None:
        """Adds the rows of one part."""
        found = part_counts(part)
        for key in dict.fromkeys((config, split) for config, split, _, _ in found):
            self.parts[key].append(part)
        for (config, split, file, reason), number in found.items():
            self.rows[config, split] += number
            self.files[file, config] += number
            if reason:
                self.rejects[reason] += number
                self.file_rejects[file, reason] += number


def _without_seen(table: pa.Table, seen: set[str]) -> pa.Table:
    """The table without rows whose id came before: one trace may serve several solutions."""
    fresh = []
    for identity in table.column("id").to_pylist():
        fresh.append(identity not in seen)
        seen.add(identity)
    return table if all(fresh) else table.filter(pa.array(fresh))


def _rows(parts: Sequence[Path], config: str, split: str) -> Iterator[pa.Table]:
    """The rows of a config and split, part by part, traces once each."""
    seen: set[str] = set()
    for part in parts:
        table = part_rows(part, config, split)
        if config == "traces":
            table = _without_seen(table, seen)
        if table.num_rows:
            yield table


def _groups(tables: Iterator[pa.Table], size: int, limit: int) -> Iterator[pa.Table]:
    """The rows again in tables of `size` rows, cut anew after every `limit` rows, where a shard ends."""
    waiting: list[pa.Table] = []
    held = written = 0
    for table in tables:
        waiting.append(table)
        held += table.num_rows
        while held >= (want := min(size, limit - written % limit)):
            whole = pa.concat_tables(waiting)
            yield whole.slice(0, want)
            written += want
            waiting = [whole.slice(want)]
            held -= want
    if held:
        yield pa.concat_tables(waiting)


def _write_shards(counts: Counts, output: Path, config: str, split: str) -> list[Shard]:
    """Writes the shards of one config and split; the number of rows decides how many there are."""
    parts, rows = counts.parts[config, split], counts.rows[config, split]
    total = max(1, -(-rows // ROWS_A_SHARD))
    schema = config_schema(config)
    folder = output / config
    folder.mkdir(exist_ok=True)
    groups = _groups(_rows(parts, config, split), _ROWS_A_GROUP.get(config, _ROWS_A_GROUP_ELSE), ROWS_A_SHARD)
    left = rows
    shards = []
    for number in range(total):
        name = f"{config}/{split}-{number:05d}-of-{total:05d}.parquet"
        temporary = output / f"{name}.tmp"
        want = min(ROWS_A_SHARD, left)
        left -= want
        held = 0
        with pq.ParquetWriter(temporary, schema, compression="zstd", write_page_index=True) as writer:
            while held < want:
                group = next(groups).combine_chunks()
                writer.write_table(group, row_group_size=group.num_rows)
                held += group.num_rows
                if config == "nlex":
                    counts.mixture.add(group)
        os.replace(temporary, output / name)
        shards.append(Shard(name, config, split, held, (output / name).stat().st_size, sha256_of(output / name)))
    return shards


def _unique_traces(parts: Sequence[Path], split: str) -> int:
    seen: set[str] = set()
    for part in parts:
        seen.update(part_ids(part, "traces", split))
    return len(seen)


def clear_shards(output: Path) -> None:
    """Removes the shards of an earlier build, whose number of files may have been another."""
    for config in CONFIGS:
        folder = output / config
        if folder.is_dir():
            for path in [*folder.glob("*.parquet"), *folder.glob("*.tmp")]:
                path.unlink()
            if not any(folder.iterdir()):
                folder.rmdir()


def merge(parts: Sequence[Path], output: Path) -> tuple[list[Shard], Counts]:
    """Writes all shards from parts given in their order; empty splits get no file."""
    counts = Counts()
    for part in parts:
        counts.add(part)
    clear_shards(output)
    shards = []
    for config in CONFIGS:
        for split in SPLITS:
            if counts.rows[config, split] and config == "traces":
                counts.rows[config, split] = _unique_traces(counts.parts[config, split], split)
            if counts.rows[config, split]:
                shards += _write_shards(counts, output, config, split)
    return shards, counts
