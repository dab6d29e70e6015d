"""Shards that the Hub takes well: a problem always in the same one, chunks by content, row groups that stay small."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import datasets
import hf_xet
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.layout import BYTES_A_GROUP, place_of, row_bytes, shards_for
from pipelines.merge import merge
from pipelines.parts import Entry
from schemas.columns import arrow_schema
from schemas.configs import CONFIGS
from tests.pipelines.made_rows import example, part_of

PROBLEMS = [f"problem-{number}" for number in range(1_400)]


def problem_rows(problem: str, extra: int = 0) -> list[Entry]:
    return [example(problem, number) for number in range(3 + extra)]


def in_parts(folder: Path, problems: dict[str, list[Entry]]) -> list[Path]:
    """Parts of some 20 problems each, in the order of their places, as a build leaves them."""
    folder.mkdir()
    ordered = sorted(problems, key=lambda problem: (place_of(problem), problem))
    return [
        part_of(
            folder / f"{start}.part", *(row for problem in ordered[start : start + 20] for row in problems[problem])
        )
        for start in range(0, len(ordered), 20)
    ]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """16 shards of examples."""
    output = tmp_path_factory.mktemp("before")
    merge(in_parts(output / ".parts", {problem: problem_rows(problem) for problem in PROBLEMS}), output)
    return output


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with one more row of one problem."""
    output = tmp_path_factory.mktemp("after")
    changed = {problem: problem_rows(problem, problem == PROBLEMS[7]) for problem in PROBLEMS}
    merge(in_parts(output / ".parts", changed), output)
    return output


def shards(corpus: Path) -> list[Path]:
    return sorted((corpus / "nlex").glob("*.parquet"))


def shards_of_problems(corpus: Path) -> dict[str, set[str]]:
    found = defaultdict(set)
    for path in shards(corpus):
        for problem in pq.read_table(path, columns=["problem_id"]).column(0).to_pylist():
            found[problem].add(path.name)
    return dict(found)


def uploaded(store: Path, paths: list[Path]) -> tuple[int, int]:
    """Bytes that are new to a store, as the Hub's own client cuts and counts them, and all bytes."""
    commit = hf_xet.XetSession().new_upload_commit(endpoint=f"local://{store}")
    for path in paths:
        commit.start_upload_file(str(path))
    metrics = commit.wait_to_finish().dedup_metrics
    return metrics.new_bytes, metrics.total_bytes


@pytest.mark.parametrize(
    ("rows", "number"), [(1, 1), (511, 1), (512, 2), (4_095, 8), (4_096, 16), (320_000, 16), (320_001, 32)]
)
def test_the_number_of_shards_follows_from_the_rows(rows: int, number: int) -> None:
    assert shards_for(rows) == number


def test_shards_are_named_as_the_hub_wants(before: Path) -> None:
    assert [path.name for path in shards(before)] == [f"train-{n:05d}-of-00016.parquet" for n in range(16)]


def test_a_problem_is_in_one_shard(before: Path) -> None:
    assert {len(names) for names in shards_of_problems(before).values()} == {1}


def test_a_problem_stays_in_its_shard_when_another_changes(before: Path, after: Path) -> None:
    assert shards_of_problems(before) == shards_of_problems(after)


def test_a_changed_problem_changes_one_shard(before: Path, after: Path) -> None:
    same = [old.read_bytes() == new.read_bytes() for old, new in zip(shards(before), shards(after), strict=True)]
    assert same.count(False) == 1


def test_a_changed_problem_sends_few_bytes_again(before: Path, after: Path, tmp_path: Path) -> None:
    new, every = uploaded(tmp_path, shards(before))
    assert new == every
    again, of = uploaded(tmp_path, shards(after))
    assert again < 0.05 * of


def test_a_shard_without_problems_is_a_file_without_rows(tmp_path: Path) -> None:
    rows = [example("only", number, words=4) for number in range(600)]
    merge([part_of(tmp_path / "part", *rows)], tmp_path)
    assert [pq.read_metadata(path).num_rows for path in shards(tmp_path)] in ([0, 600], [600, 0])
    assert (
        datasets.load_dataset("parquet", data_files=[str(path) for path in shards(tmp_path)])["train"].num_rows == 600
    )


def test_the_ways_to_write_are_those_of_the_hub(before: Path) -> None:
    for path in shards(before):
        file = pq.ParquetFile(path)
        options = json.loads(file.metadata.metadata[b"content_defined_chunking"])
        assert options == datasets.config.DEFAULT_CDC_OPTIONS
        for group in range(file.num_row_groups):
            column = file.metadata.row_group(group).column(0)
            assert column.compression == "ZSTD"
            assert column.has_column_index and column.has_offset_index


def test_row_groups_end_at_problems_and_stay_small(before: Path) -> None:
    for path in shards(before):
        file = pq.ParquetFile(path)
        groups = [set(file.read_row_group(n, ["problem_id"]).column(0).to_pylist()) for n in range(file.num_row_groups)]
        assert sum(map(len, groups)) == len(set().union(*groups))
        assert all(file.metadata.row_group(n).num_rows <= 400 for n in range(file.num_row_groups))


def test_long_rows_make_row_groups_of_fewer(tmp_path: Path) -> None:
    rows = [example(f"p{number}", words=1_000_000) for number in range(8)]
    merge([part_of(tmp_path / "part", *rows)], tmp_path)
    file = pq.ParquetFile(shards(tmp_path)[0])
    assert file.num_row_groups > 1
    for group in range(file.num_row_groups):
        assert file.read_row_group(group).nbytes <= BYTES_A_GROUP * 1.1


def test_the_bytes_of_a_row_are_those_of_its_values() -> None:
    column = pa.array([[{"a": "xy", "b": 1}], None, [], [{"a": "", "b": 2}, {"a": "xyz", "b": 3}]])
    assert row_bytes(column).tolist() == [10, 0, 0, 19]
    assert row_bytes(column.slice(3)).tolist() == [19]


def test_columns_are_read_alone(before: Path) -> None:
    files = [str(path) for path in shards(before)]
    read = datasets.load_dataset("parquet", data_files=files, columns=["id", "tokens"], split="train")
    assert read.column_names == ["id", "tokens"]
    assert read.num_rows == 3 * len(PROBLEMS)


def test_shards_are_streamed(before: Path) -> None:
    files = [str(path) for path in shards(before)]
    streamed = datasets.load_dataset("parquet", data_files=files, split="train", streaming=True)
    assert streamed.num_shards == 16
    first: dict[str, Any] = next(iter(streamed))
    assert [message["role"] for message in first["messages"]] == ["user", "assistant"]


def test_features_are_written_in_the_form_that_every_datasets_reads() -> None:
    def names(feature: Any) -> set[str]:
        if isinstance(feature, list):
            assert len(feature) == 1
            return names(feature[0])
        if "_type" in feature:
            return {feature["_type"]}
        return set().union(*map(names, feature.values()))

    for record in CONFIGS.values():
        schema = arrow_schema(record)
        embedded = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        assert names(embedded) == {"Value"}
        assert datasets.Features.from_arrow_schema(schema).arrow_schema.equals(schema)
