"""Merging: the parts of all units become the shards of each config and split, a problem always in the same one."""

import functools
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.identity import sha256_of
from pipelines.layout import (
    PLACE_BITS,
    ROWS_A_GROUP,
    ROWS_A_GROUP_ELSE,
    place_of,
    row_groups,
    shard_numbers,
    shards_for,
)
from pipelines.mixture import Mixture, group_of
from pipelines.parts import appearing, config_schema, part_ids, part_keys, part_rows
from schemas.configs import CONFIGS, SPLITS

CHUNKING = {"min_chunk_size": 256 << 10, "max_chunk_size": 1 << 20, "norm_level": 0}
"""Where data pages end: at chunks defined by their content, with the options that `datasets` writes for the Hub."""


@dataclass(frozen=True)
class Shard:
    """A file of a corpus: its path below the corpus's folder, rows, bytes on disk and in memory, and SHA-256."""

    path: str
    config: str
    split: str
    rows: int
    bytes: int
    memory_bytes: int
    sha256: str


@dataclass
class Counts:
    """Rows of all parts by config and split, by source file and config, and rejects by `stage/reason`.

    `parts` are, for a config and split, those that have rows of it, in their order, each with the places of its
    problems. Once the shards are written, `mixture` tells what the examples are, and `attributed` how many rows of
    all configs are by a licence and a source.
    """

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    file_rejects: Counter[tuple[str, str]] = field(default_factory=Counter)
    parts: dict[tuple[str, str], dict[Path, set[int]]] = field(default_factory=lambda: defaultdict(dict))
    mixture: Mixture = field(default_factory=Mixture)
    attributed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, part: Path) -> None:
        """Adds the rows of one part."""
        place = functools.cache(place_of)
        for config, split, file, reason, problem in part_keys(part):
            self.parts[config, split].setdefault(part, set()).add(place(problem))
            self.rows[config, split] += 1
            self.files[file, config] += 1
            if reason:
                self.rejects[reason] += 1
                self.file_rejects[file, reason] += 1

    def add_group(self, config: str, rows: pa.Table) -> None:
        """Adds rows that are written."""
        if config == "nlex":
            self.mixture.add(rows)
        if "license" in rows.column_names:
            sources = map(group_of, rows.column("source").to_pylist())
            self.attributed.update(zip(rows.column("license").to_pylist(), sources, strict=True))

    def licences(self) -> dict[str, dict[str, int]]:
        """How many rows each licence has by source, most first."""
        table: dict[str, dict[str, int]] = {}
        for (licence, source), rows in sorted(self.attributed.items(), key=lambda item: (-item[1], item[0])):
            table.setdefault(licence, {})[source] = rows
        return table


def _without_seen(table: pa.Table, seen: set[str]) -> pa.Table:
    """The table without rows whose id came before: one trace may serve several solutions."""
    fresh = []
    for identity in table.column("id").to_pylist():
        fresh.append(identity not in seen)
        seen.add(identity)
    return table if all(fresh) else table.filter(pa.array(fresh))


class _Rows:
    """The rows of one config and split, shard by shard, part by part, traces once each."""

    def __init__(self, parts: dict[Path, set[int]], config: str, split: str, shards: int) -> None:
        self._config, self._shards = config, shards
        self._of_shard: dict[int, list[Path]] = defaultdict(list)
        for part, found in parts.items():
            for number in sorted({place * shards >> PLACE_BITS for place in found}):
                self._of_shard[number].append(part)
        self._seen: set[str] = set()
        # Where a part has rows of several shards, it comes several times in a row.
        self._read = functools.lru_cache(1)(lambda part: part_rows(part, config, split))

    def of_shard(self, number: int) -> Iterator[pa.Table]:
        """The rows of one shard; the shards are to be asked for in their order."""
        for part in self._of_shard[number]:
            table = self._read(part)
            if self._shards > 1:
                table = table.filter(pa.array(shard_numbers(table, self._shards) == number))
            if self._config == "traces":
                table = _without_seen(table, self._seen)
            if table.num_rows:
                yield table


def _write_shards(counts: Counts, output: Path, config: str, split: str) -> list[Shard]:
    """Writes the shards of one config and split; the number of rows decides how many there are.

    A shard that no problem falls into is a file without rows, so that the others keep their names.
    """
    total = shards_for(counts.rows[config, split])
    rows = _Rows(counts.parts[config, split], config, split, total)
    schema = config_schema(config)
    (output / config).mkdir(exist_ok=True)
    shards = []
    for number in range(total):
        name = f"{config}/{split}-{number:05d}-of-{total:05d}.parquet"
        held = held_bytes = 0
        with (
            appearing(output / name) as temporary,
            pq.ParquetWriter(
                temporary,
                schema,
                compression="zstd",
                write_page_index=True,
                use_content_defined_chunking=CHUNKING,
            ) as writer,
        ):
            writer.add_key_value_metadata({"content_defined_chunking": json.dumps(CHUNKING)})
            for group in row_groups(rows.of_shard(number), ROWS_A_GROUP.get(config, ROWS_A_GROUP_ELSE)):
                writer.write_table(group, row_group_size=group.num_rows)
                held += group.num_rows
                held_bytes += group.nbytes
                counts.add_group(config, group)
        size = (output / name).stat().st_size
        shards.append(Shard(name, config, split, held, size, held_bytes, sha256_of(output / name)))
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
                counts.rows[config, split] = _unique_traces(list(counts.parts[config, split]), split)
            if counts.rows[config, split]:
                shards += _write_shards(counts, output, config, split)
    return shards, counts
