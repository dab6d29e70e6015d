"""Where rows stand: the shard that a problem belongs to, and where a row group ends.

Both are decided by the problem alone, so that a corpus that changed in one problem is, in all other places, made of
the same bytes as before.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

PLACE_BITS = 32
ROWS_A_SHARD = 20_000
_USUAL_SHARDS = 16
_LEAST_ROWS_A_SHARD = 256
ROWS_A_GROUP = {"nlex": 400, "traces": 400}
ROWS_A_GROUP_ELSE = 1_000
BYTES_A_GROUP = 32 << 20
_ENDS_OF_16 = 1

Sizes = np.ndarray[Any, np.dtype[np.int64]]


def place_of(problem_id: str) -> int:
    """The place of a problem among all problems: 32 bits of a hash of its name."""
    return int.from_bytes(hashlib.sha256(f"bucket\0{problem_id}".encode()).digest()[:4], "big")


def shards_for(rows: int) -> int:
    """How many shards hold so many rows, always a power of two.

    Up to 16 as soon as each has 256 rows on average, so that readers can share them out and a change stays in one of
    them; more when they would have more than 20,000.
    """
    shards = 1
    while rows > shards * ROWS_A_SHARD or (shards < _USUAL_SHARDS and rows >= 2 * shards * _LEAST_ROWS_A_SHARD):
        shards *= 2
    return shards


def problem_ids(rows: pa.Table) -> list[str]:
    """The problem of each row; a row that has none is a problem of its own."""
    own: list[str] = rows.column("id").to_pylist()
    if "problem_id" not in rows.column_names:
        return own
    return [problem or identity for problem, identity in zip(rows.column("problem_id").to_pylist(), own, strict=True)]


def places(problems: Sequence[str]) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """The places of problems, each worked out once."""
    known = {problem: place_of(problem) for problem in dict.fromkeys(problems)}
    return np.fromiter((known[problem] for problem in problems), np.uint32, len(problems))


def shard_numbers(rows: pa.Table, shards: int) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """The number of the shard that each row belongs to; `shards` is a power of two."""
    return np.asarray(places(problem_ids(rows)).astype(np.uint64) * shards >> PLACE_BITS, np.uint32)


def row_bytes(column: pa.Array) -> Sizes:
    """How many bytes each value of a column takes, without what Arrow adds."""
    if pa.types.is_list(column.type):
        inner = np.concatenate([[0], np.cumsum(row_bytes(column.flatten()))])
        ends = np.cumsum(pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False))
        return np.asarray(np.diff(inner[np.concatenate([[0], ends])]), np.int64)
    if pa.types.is_struct(column.type):
        return np.asarray(sum(row_bytes(field) for field in column.flatten()), np.int64)
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        lengths = pc.fill_null(pc.binary_length(column), 0)
        return np.asarray(lengths.to_numpy(zero_copy_only=False), np.int64)
    return np.full(len(column), 8, np.int64)


def _may_end(problem: str) -> bool:
    """Whether a row group may end before the rows of this problem."""
    return hashlib.sha256(f"group\0{problem}".encode()).digest()[0] % 16 < _ENDS_OF_16


def row_groups(tables: Iterable[pa.Table], most: int) -> Iterator[pa.Table]:
    """The rows again in tables of at most `most` rows and about 32 MiB.

    A group of a quarter of that or more ends where a problem begins that the hash of its name chooses, one in 16:
    the ends do not move when rows are added or taken away before them.
    """
    waiting: list[pa.Table] = []
    held = held_bytes = 0
    last = None
    for table in tables:
        sizes = np.asarray(sum(row_bytes(column.combine_chunks()) for column in table.columns), np.int64)
        start = 0
        for row, (problem, size) in enumerate(zip(problem_ids(table), sizes.tolist(), strict=True)):
            full = held == most or held_bytes + size > BYTES_A_GROUP
            if held and (full or (held >= most // 4 and problem != last and _may_end(problem))):
                yield pa.concat_tables([*waiting, table.slice(start, row - start)]).combine_chunks()
                waiting, start, held, held_bytes = [], row, 0, 0
            held, held_bytes, last = held + 1, held_bytes + size, problem
        waiting.append(table.slice(start))
    if held:
        yield pa.concat_tables(waiting).combine_chunks()
