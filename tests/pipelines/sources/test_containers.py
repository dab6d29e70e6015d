"""Files are read whatever their container, wherever they lie, a piece at a time, and with only the wanted columns."""

import gzip
import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from pipelines.sources.containers import Piece, pieces_of, table_rows
from pipelines.sources.locate import SourceError, source_files
from pipelines.sources.located import Fault, Found, Located
from schemas.reject import RejectRow
from tests.pipelines.corpora import stdin_row
from tests.pipelines.sources.published import FIXTURES, code_contests, code_contests_rows

ROWS = [stdin_row(name, code=f"print({number})\n") for number, name in enumerate("abcde")]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def found_in(source: str) -> list[Found]:
    return [found for file in source_files((source,)) for found in file.read()]


def names(found: list[Found]) -> list[str]:
    return [each.solution.id for each in found if isinstance(each, Located)]


def written(folder: Path, kind: str) -> Path:
    path = folder / f"rows.{kind}"
    table = pa.Table.from_pylist(ROWS)
    match kind:
        case "parquet":
            pq.write_table(table, path, row_group_size=2)
        case "arrow":
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table, max_chunksize=2)
        case "ipc":
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
        case "jsonl":
            path.write_bytes(LINES)
        case _:
            with pa.CompressedOutputStream(str(path), {"gz": "gzip", "zst": "zstd"}[kind.rpartition(".")[2]]) as stream:
                stream.write(LINES)
    return path


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet", "arrow", "ipc"])
def test_the_same_rows_are_read_from_every_container(kind: str, tmp_path: Path) -> None:
    found = found_in(f"jsonl:{written(tmp_path, kind)}")
    assert names(found) == list("abcde")
    assert [each.location.rpartition(":")[2] for each in found if isinstance(each, Located)] == list("12345")


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_pieces_read_alone_make_the_whole(kind: str, tmp_path: Path) -> None:
    (file,) = source_files((f"jsonl:{written(tmp_path, kind)}",))
    pieces = file.pieces()
    assert [piece.first for piece in pieces] == [1, 3, 5]
    apart = [found for piece in reversed(pieces) for found in file.read_piece(piece)]
    assert sorted(names(apart)) == names(list(file.read()))


def test_only_the_wanted_columns_are_read(tmp_path: Path) -> None:
    path = code_contests(tmp_path)
    _, row = next(table_rows(pieces_of(str(path))[0], ["name", "no such column"]))
    assert row == {"name": "1_A. Add"}


def test_a_row_of_other_bytes_leaves_the_others(tmp_path: Path) -> None:
    raw = pa.array([b"good", b"\xff\xfe", b"fine"], pa.binary())
    texts = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    path = tmp_path / "train.parquet"
    pq.write_table(pa.table({"question": texts}), path)
    rows = [row for _, row in table_rows(Piece(str(path), 0), None)]
    assert [type(row) for row in rows] == [dict, Fault, dict]
    assert [each.reason for each in found_in(f"taco:{path}") if isinstance(each, RejectRow)] == ["binary"]


def test_few_rows_of_a_large_group_are_held_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    schema = pa.schema([("question", pa.string()), ("input_output", pa.string())])
    with pq.ParquetWriter(path, schema, use_dictionary=False, write_batch_size=4) as writer:
        writer.write_table(pa.table({"question": ["q"] * 400, "input_output": ["1" * 250_000] * 400}, schema=schema))
    before = pa.total_allocated_bytes()
    most = 0
    for _ in table_rows(Piece(str(path), 0), ["question", "input_output"]):
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < 60 << 20


@pytest.mark.parametrize(
    ("name", "data"), [("x.jsonl.gz", b"no gzip"), ("x.parquet", b"no parquet"), ("x.arrow", b"ARROW1")]
)
def test_a_damaged_file_is_one_reject(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    (reject,) = found_in(f"jsonl:{tmp_path / name}")
    assert isinstance(reject, RejectRow)
    assert reject.reason == "damaged_file"


def test_a_file_that_is_cut_off_gives_the_rows_before_the_cut(tmp_path: Path) -> None:
    rows = [stdin_row(f"row-{n}", code=f"print({n}, '{n * 7919:x}')\n") for n in range(3000)]
    packed = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    found = found_in(f"jsonl:{tmp_path / 'cut.jsonl.gz'}")
    assert len(names(found)) > 100
    assert isinstance(found[-1], RejectRow)


def bucket(scheme: str) -> type[MemoryFileSystem]:
    """An object store that lives in memory, under the name of one that does not."""

    class Bucket(MemoryFileSystem):
        protocol = scheme

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return str(MemoryFileSystem._strip_protocol(path.partition("://")[2] or path))

    return Bucket


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # The package hides its module `registry` behind a view of that name; what is registered is taken back.
    registered = importlib.import_module("fsspec.registry")._registry
    for scheme in ("s3", "gs"):
        monkeypatch.setitem(registered, scheme, bucket(scheme))
    yield
    MemoryFileSystem.store.clear()


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize("protocol", ["s3", "gs", "memory"])
def test_files_of_an_object_store_are_read_by_a_glob(protocol: str, tmp_path: Path) -> None:
    local = FIXTURES["code_contests"](tmp_path)
    with fsspec.open(f"{protocol}://bucket/data/train-0.parquet", "wb") as stream:
        stream.write(local.read_bytes())
    with fsspec.open(f"{protocol}://bucket/data/train-1.jsonl.gz", "wb") as stream:
        stream.write(gzip.compress(json.dumps(code_contests_rows()[1]).encode()))
    pattern = f"{protocol}://bucket/data/train-*"
    files = source_files((f"code_contests:{pattern}",))
    assert [file.path.rpartition("/")[2] for file in files] == ["train-0.parquet", "train-1.jsonl.gz"]
    assert all(file.path.startswith(f"{protocol}://") and file.size() for file in files)
    assert len(names(found_in(f"code_contests:{pattern}"))) == len(names(found_in(f"code_contests:{local}"))) + 1


def test_a_store_that_cannot_be_opened_says_why() -> None:
    with pytest.raises(SourceError, match="nosuch"):
        source_files(("jsonl:nosuch://bucket/x",))
