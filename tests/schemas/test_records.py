"""Every record survives the way to a row, to Parquet and back, and `datasets` reads its features."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Features, load_dataset
from hypothesis import given
from hypothesis import strategies as st

from schemas.columns import arrow_schema, features, from_row, to_row
from schemas.configs import CONFIGS
from schemas.job import Job, Limits, Program, effective_source
from schemas.narration import CheckReport, Narration
from schemas.nlex import ExampleRow, Message
from schemas.outcome import Outcome
from schemas.solution import Solution
from schemas.solve import SolveRow, TestRow

RECORDS = [*CONFIGS.values(), Job, Limits, Program, Outcome, Solution, Narration, CheckReport]
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_a_record_has_a_schema_with_a_column_a_field(record: type[Any]) -> None:
    assert arrow_schema(record).names == [field.name for field in dataclasses.fields(record)]


@pytest.mark.parametrize("record", CONFIGS.values(), ids=lambda record: record.__name__)
def test_the_embedded_features_are_those_of_the_schema(record: type[Any]) -> None:
    embedded = json.loads(arrow_schema(record).metadata[b"huggingface"])["info"]["features"]
    assert Features.from_dict(embedded) == features(record)


def test_embedded_lists_are_in_the_form_that_old_readers_know() -> None:
    assert b'"_type":"List"' not in arrow_schema(SolveRow).metadata[b"huggingface"]


@given(st.lists(st.builds(Message, role=TEXT, content=TEXT), max_size=3).map(tuple), TEXT, st.integers(0, 2**60))
def test_an_example_survives_arrow(messages: tuple[Message, ...], text: str, number: int) -> None:
    filled = {f.name: text if f.type in ("str", str) else number for f in dataclasses.fields(ExampleRow)}
    row = ExampleRow(**{**filled, "messages": messages})  # type: ignore[arg-type]
    table = pa.Table.from_pylist([to_row(row)], schema=arrow_schema(ExampleRow))
    assert from_row(ExampleRow, table.to_pylist()[0]) == row


def test_a_missing_entry_stays_none() -> None:
    row = SolveRow("i", "p", "stdin", "s", None, (TestRow("1", "2"),), (), 1.0, 2, "tokens", "", (), "source", "CC0")
    assert from_row(SolveRow, to_row(row)) == row


def test_datasets_loads_a_shard_with_its_features(tmp_path: Path) -> None:
    row = SolveRow("i", "p", "stdin", "s", None, (TestRow("1", "2"),), (), 1.0, 2, "tokens", "", (), "source", "CC0")
    shard = tmp_path / "shard.parquet"
    pq.write_table(pa.Table.from_pylist([to_row(row)], schema=arrow_schema(SolveRow)), shard)
    loaded = load_dataset("parquet", data_files=str(shard), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.features == features(SolveRow)
    assert from_row(SolveRow, loaded[0]) == row


def test_a_row_that_lacks_a_field_is_refused() -> None:
    with pytest.raises(KeyError):
        from_row(Message, {"role": "user"})


def test_only_functions_are_called() -> None:
    with pytest.raises(ValueError, match="only functions are called"):
        Job(Program("stdin", "x = 1"), call="f()")


@pytest.mark.parametrize(("code", "expected"), [("a\n", "a\nf()\n"), ("a", "a\nf()\n"), ("", "f()\n")])
def test_the_call_is_one_more_line(code: str, expected: str) -> None:
    assert effective_source(code, "f()") == expected
