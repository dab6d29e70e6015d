"""Opens the files that data sets come in, and reads their rows with only the columns that are wanted.

Parquet and Arrow files are read a batch at a time and can be read a piece at a time; a compressed or
plain JSON Lines file is one piece, read line by line.
"""

import gzip
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.sources.fields import Row
from pipelines.sources.located import Fault

_ROWS_A_BATCH = 16
PARQUET, ARROW, LINES = "parquet", "arrow", "lines"


def is_url(path: str) -> bool:
    """Whether a path names a file system of fsspec (`gs://`, `s3://`, `hf://`, …)."""
    return "://" in path


def open_bytes(path: str) -> BinaryIO:
    """A file's bytes as they lie there."""
    if is_url(path):
        import fsspec

        return cast(BinaryIO, fsspec.open(path, "rb").open())
    return open(path, "rb")


def size_of(path: str) -> int:
    """A file's bytes in number."""
    if is_url(path):
        import fsspec

        filesystem, inner = fsspec.core.url_to_fs(path)
        return int(filesystem.size(inner) or 0)
    return os.path.getsize(path)


def container_of(path: str) -> str:
    """How a file keeps its rows, told by its name."""
    if path.endswith(".parquet"):
        return PARQUET
    return ARROW if path.endswith((".arrow", ".feather", ".ipc")) else LINES


@contextmanager
def open_lines(path: str) -> Iterator[BinaryIO]:
    """The bytes of a text file, unpacked where its name ends in .gz or .zst."""
    with open_bytes(path) as raw:
        if path.endswith(".gz"):
            with gzip.open(raw) as unpacked:
                yield cast(BinaryIO, unpacked)
        elif path.endswith(".zst"):
            with pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd") as stream:
                yield cast(BinaryIO, io.BufferedReader(cast(Any, stream)))
        elif is_url(path):  # remote files have a `readline` that takes no limit
            yield cast(BinaryIO, io.BufferedReader(cast(Any, raw), 1 << 20))
        else:
            yield raw


@dataclass(frozen=True)
class Piece:
    """A part of a file that can be read alone: `group` is its row group or record batch, None for all of the file.

    `first` is the number of its first row, counted from 1.
    """

    path: str
    group: int | None = None
    first: int = 1


def pieces_of(path: str) -> tuple[Piece, ...]:
    """The pieces of a file in their order.

    Raises:
        Fault: a Parquet or Arrow file that cannot be opened.
    """
    container = container_of(path)
    if container == LINES:
        return (Piece(path),)
    try:
        with open_bytes(path) as raw:
            if container == PARQUET:
                sizes: list[int] | None = _group_sizes(raw)
            else:
                sizes = _batch_sizes(raw)
    except (pa.ArrowException, OSError) as error:
        raise Fault("damaged_file", f"no {container} file: {error}; fetch it again") from None
    if sizes is None:
        return (Piece(path),)
    firsts = [1 + sum(sizes[:group]) for group in range(len(sizes))]
    return tuple(Piece(path, group, first) for group, first in enumerate(firsts))


def _group_sizes(raw: BinaryIO) -> list[int]:
    metadata = pq.ParquetFile(raw).metadata
    return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]


def _batch_sizes(raw: BinaryIO) -> list[int] | None:
    """Rows of each record batch of an Arrow file; None for an Arrow stream, which is read from its start."""
    if raw.read(6) != b"ARROW1":
        return None
    raw.seek(0)
    reader = pa.ipc.open_file(raw)
    return [reader.get_batch(number).num_rows for number in range(reader.num_record_batches)]


def _plain_rows(batch: pa.RecordBatch) -> Iterator[Row | Fault]:
    """The rows of a batch as dicts; a row with a text column that is not UTF-8 is a fault."""
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        for place in range(batch.num_rows):
            try:
                yield from batch.slice(place, 1).to_pylist()
            except UnicodeDecodeError as error:
                yield Fault("binary", f"a text column is not UTF-8 ({error.reason}, byte {error.start} of its value)")


def _batches(raw: BinaryIO, piece: Piece, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    if container_of(piece.path) == PARQUET:
        file = pq.ParquetFile(raw, pre_buffer=False, buffer_size=1 << 20)
        present = set(file.schema_arrow.names)
        wanted = None if columns is None else [name for name in columns if name in present]
        yield from file.iter_batches(_ROWS_A_BATCH, row_groups=[piece.group], columns=wanted)
        return
    reader = pa.ipc.open_stream(raw) if piece.group is None else pa.ipc.open_file(raw)
    whole = iter(reader) if piece.group is None else [reader.get_batch(piece.group)]
    for batch in whole:
        names = [name for name in batch.schema.names if columns is None or name in columns]
        chosen = batch.select(names)
        for start in range(0, chosen.num_rows, _ROWS_A_BATCH):
            yield chosen.slice(start, _ROWS_A_BATCH)


def table_rows(piece: Piece, columns: Sequence[str] | None) -> Iterator[tuple[int, Row | Fault]]:
    """(row number from 1, the row with its wanted columns or what is wrong with it) of a Parquet or Arrow piece.

    Columns that the file lacks are left out. A few rows are held at a time.

    Raises:
        Fault: the file is damaged.
    """
    number = piece.first
    try:
        with open_bytes(piece.path) as raw:
            for batch in _batches(raw, piece, columns):
                for row in _plain_rows(batch):
                    yield number, row
                    number += 1
    except (pa.ArrowException, OSError) as error:
        raise Fault("damaged_file", f"the file is damaged after row {number - 1}: {error}; fetch it again") from None
