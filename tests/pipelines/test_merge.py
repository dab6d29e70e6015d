"""Merging: rows in the order of the parts, each trace once, nothing left of an earlier build."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.merge import merge
from pipelines.parts import Entry, write_part
from schemas.reject import RejectRow
from schemas.trace_row import TraceRow
from tests.pipelines.reading import bytes_of, rows

REJECT = RejectRow("r", "read", "json", "not JSON", "f:1", "", "", "", "")
TRACE = TraceRow(
    "t", b"log", "stdin", "x", "", "", "", "", "ok", "complete", 1, 3, "3.11", "1", "unjudged", "s/0", "p", "s", "", ""
)


def rejects(folder: Path, *names: str) -> Path:
    path = folder / f"{names[0]}.parquet"
    write_part(path, [Entry("rejects", "train", "f", replace(REJECT, id=name)) for name in names])
    return path


def test_rows_stand_in_the_order_of_the_parts(tmp_path: Path) -> None:
    parts = [rejects(tmp_path, "b", "c"), rejects(tmp_path, "a")]
    merge(parts, tmp_path)
    assert [row["id"] for row in rows(tmp_path, "rejects")] == ["b", "c", "a"]


def test_rows_of_all_shards_are_those_of_the_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.layout.ROWS_A_SHARD", 3)
    shards, _ = merge([rejects(tmp_path, *"abcd"), rejects(tmp_path, *"efg")], tmp_path)
    assert [shard.path for shard in shards] == [f"rejects/train-{n:05d}-of-00004.parquet" for n in range(4)]
    assert sum(shard.rows for shard in shards) == 7
    assert sorted(row["id"] for row in rows(tmp_path, "rejects")) == list("abcdefg")
    for shard in shards:
        path = tmp_path / shard.path
        assert (pq.read_metadata(path).num_rows, path.stat().st_size) == (shard.rows, shard.bytes)


def test_how_rows_fall_into_parts_does_not_show(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    merge([rejects(tmp_path, *"abc")], tmp_path / "one")
    merge([rejects(tmp_path, "a"), rejects(tmp_path, "b", "c")], tmp_path / "two")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_a_trace_of_two_solutions_is_stored_once_a_split(tmp_path: Path) -> None:
    part = tmp_path / "part.parquet"
    write_part(part, [Entry("traces", split, "f", TRACE) for split in ("train", "train", "test")])
    _, counts = merge([part], tmp_path)
    assert [row["split"] for row in rows(tmp_path, "traces")] == ["test", "train"]
    assert (counts.rows["traces", "train"], counts.rows["traces", "test"]) == (1, 1)


def test_shards_of_an_earlier_build_go(tmp_path: Path) -> None:
    (tmp_path / "solve").mkdir()
    (tmp_path / "solve" / "train-00000-of-00002.parquet").write_bytes(b"old")
    merge([rejects(tmp_path, "a")], tmp_path)
    assert not (tmp_path / "solve").exists()
