"""What a build leaves: each input an example or a reject, in shards that `datasets` loads."""

from collections import Counter
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest

from pipelines.manifest import read_manifest
from tests.pipelines.corpora import varied_rows
from tests.pipelines.reading import rows


def reasons(corpus: Path) -> dict[str, str]:
    return {row["solution_id"] + "@" + row["id"]: f"{row['stage']}/{row['reason']}" for row in rows(corpus, "rejects")}


def test_every_good_execution_becomes_an_example(corpus: Path) -> None:
    told = {row["id"] for row in rows(corpus, "nlex")}
    for row in varied_rows(24):
        public = [test for test in row["tests" if row["kind"] == "stdin" else "calls"] if not test.get("hidden")]
        assert {f"{row['id']}/{index}" for index in range(len(public))} <= told


def test_every_public_input_is_one_example_or_one_reject(corpus: Path) -> None:
    ends = Counter(row["id"] for config in ("nlex", "rejects") for row in rows(corpus, config))
    assert set(ends.values()) == {1}
    (counts,) = read_manifest(corpus)["sources"].values()
    read_rejects = sum(number for reason, number in counts["rejects"].items() if reason.startswith("read/"))
    assert sum(ends.values()) == counts["executions"] + read_rejects


@pytest.mark.parametrize(
    ("identity", "reason"),
    [
        ("spins", "sandbox/cpu_limit"),
        ("long", "trace/trace_events"),
        ("unordered", "sandbox/nondeterministic"),
        ("bytes", "sandbox/undecodable_output"),
        ("broken", "read/python2"),
        ("loop-0", "read/duplicate_id"),
        ("", "read/json"),
    ],
)
def test_what_is_no_example_is_a_reject_that_says_why(corpus: Path, identity: str, reason: str) -> None:
    found = [why for name, why in reasons(corpus).items() if name.partition("@")[0] == identity]
    assert found == [reason]


def test_a_run_that_ends_with_an_exception_is_told(corpus: Path) -> None:
    examples = {row["id"]: row for row in rows(corpus, "nlex")}
    assert examples["fails/0"]["verdict"] == "runtime_error"
    assert examples["fails/0"]["judgement"] == "wrong_answer"
    assert examples["raises/0"]["messages"][1]["content"].endswith("\nf(None) raises TypeError")


def test_an_example_tells_what_the_program_gave(corpus: Path) -> None:
    (example,) = [row for row in rows(corpus, "nlex") if row["id"] == "call-2/0"]
    assert (example["output"], example["judgement"], example["verdict"]) == ("[4, 9]", "accepted", "ok")
    assert [message["role"] for message in example["messages"]] == ["user", "assistant"]
    assert example["messages"][1]["content"].endswith("\nassert f([2, 7]) == [4, 9]")
    assert example["claims"] > 0


def test_each_example_has_its_trace_in_the_same_split(corpus: Path) -> None:
    traces = {(row["split"], row["id"]): row for row in rows(corpus, "traces")}
    for example in rows(corpus, "nlex"):
        assert traces[example["split"], example["trace_id"]]["integrity"] == "complete"


def test_a_cut_trace_is_stored_and_marked(corpus: Path) -> None:
    (cut,) = [row for row in rows(corpus, "traces") if row["solution_id"] == "long"]
    assert (cut["integrity"], cut["verdict"]) == ("truncated", "ok")


def test_outputs_to_predict_are_those_of_runs_that_ended_well(corpus: Path) -> None:
    predicted = {row["id"]: row for row in rows(corpus, "output_prediction")}
    assert predicted["loop-1/0"]["expected_output"] == "1\n"
    assert "long/0" in predicted
    assert not {"fails/0", "unordered/0", "spins/0", "bytes/0", "raises/0"} & predicted.keys()


def test_problems_with_a_statement_are_to_solve_with_their_hidden_tests(corpus: Path) -> None:
    solve = {row["id"]: row for row in rows(corpus, "solve")}
    assert set(solve) == {row["id"] for row in varied_rows(24) if "statement" in row}
    assert solve["loop-1"]["hidden_tests"] == [{"input": "9\n", "expected": "36"}]
    assert "36" not in solve["loop-1"]["prompt"]


def test_rows_of_evaluation_sets_go_to_test(corpus: Path) -> None:
    assert {row["split"] for row in rows(corpus, "nlex") if row["solution_id"] == "taken"} == {"test"}


def test_no_problem_is_in_two_splits(corpus: Path) -> None:
    splits: dict[str, set[str]] = {}
    for config in ("nlex", "output_prediction"):
        for row in rows(corpus, config):
            splits.setdefault(row["problem_id"], set()).add(row["split"])
    assert all(len(found) == 1 for found in splits.values())


def test_datasets_lists_the_configs_and_yields_rows(corpus: Path, tmp_path: Path) -> None:
    assert set(datasets.get_dataset_config_names(str(corpus))) == {
        "nlex",
        "output_prediction",
        "solve",
        "traces",
        "rejects",
    }
    loaded = datasets.load_dataset(str(corpus), cache_dir=str(tmp_path))
    counted = read_manifest(corpus)["counts"]["nlex"]
    assert {split: len(loaded[split]) for split in loaded} == counted
    assert loaded["train"][0]["messages"][0]["role"] == "user"


def test_row_groups_stay_small(corpus: Path) -> None:
    for path in corpus.glob("*/*.parquet"):
        metadata = pq.ParquetFile(path).metadata
        assert all(metadata.row_group(group).num_rows <= 1000 for group in range(metadata.num_row_groups))
