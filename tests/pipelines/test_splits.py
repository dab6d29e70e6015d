"""Splits go by problem, and evaluation sets only ever to `test`."""

from dataclasses import replace

import pytest

from pipelines.options import BuildOptions
from pipelines.select import select_problem
from pipelines.sources.located import Located
from pipelines.splits import hashed_split, is_evaluation, problem_split
from schemas.job import Program
from schemas.solution import Solution, TestCase

TEST = TestCase("1\n", None, "1")
SOLUTION = Solution("a", "p", "", Program("stdin", "print(1)"), None, (TEST,), "tests", "CC0-1.0")


@pytest.mark.parametrize(
    "source",
    [
        "facebookresearch/cruxeval",
        "openai/human-eval",
        "google-research MBPP via deepseek-ai/DeepSeek-Coder",
        "newfacade/LeetCodeDataset",
        "FlagOpen/TACO",
        "codeparrot/apps",
        "livecodebench/code_generation_lite",
        "deepmind/code_contests valid",
    ],
)
def test_evaluation_sets_are_known_by_their_source(source: str) -> None:
    assert is_evaluation(source)


@pytest.mark.parametrize("source", ["TheAlgorithms/Python", "deepmind/code_contests train", "my apple problems"])
def test_other_sources_are_not_taken_for_evaluation_sets(source: str) -> None:
    assert not is_evaluation(source)


def test_a_problem_with_one_row_of_an_evaluation_set_goes_to_test() -> None:
    assert problem_split([replace(SOLUTION, split="train"), replace(SOLUTION, source="FlagOpen/TACO")]) == "test"


def test_the_split_that_the_first_row_names_decides() -> None:
    assert problem_split([replace(SOLUTION, split="validation"), SOLUTION]) == "validation"


def test_a_later_row_changes_the_split_of_none() -> None:
    assert problem_split([SOLUTION, replace(SOLUTION, split="test")]) == hashed_split("p")
    assert problem_split([replace(SOLUTION, split="train"), replace(SOLUTION, split="test")]) == "train"


def test_the_hash_gives_about_nine_in_ten_to_train() -> None:
    splits = [hashed_split(f"problem {n}") for n in range(2000)]
    assert 1740 < splits.count("train") < 1860
    assert 60 < splits.count("validation") < 140
    assert 60 < splits.count("test") < 140


def test_rows_that_put_a_problem_in_another_split_are_refused() -> None:
    rows = [
        Located(replace(SOLUTION, id=name, split=split), "f", "f:1")
        for name, split in (("a", "train"), ("b", "test"), ("c", None))
    ]
    selection = select_problem(rows, BuildOptions(("jsonl:f",)))
    assert selection.split == "train"
    assert [each.row.solution.id for each in selection.planned] == ["a", "c"]
    assert [entry.row.reason for entry in selection.rejects] == ["split_conflict"]


def test_an_input_that_a_row_has_twice_is_run_once() -> None:
    row = Located(replace(SOLUTION, tests=(TEST, TEST)), "f", "f:1")
    selection = select_problem([row], BuildOptions(("jsonl:f",)))
    assert [each.id for each in selection.planned] == ["a/0"]
    assert [entry.row.reason for entry in selection.rejects] == ["duplicate_input"]


def test_hidden_tests_are_not_run() -> None:
    row = Located(replace(SOLUTION, tests=(TEST, replace(TEST, stdin="2\n", hidden=True))), "f", "f:1")
    assert [each.id for each in select_problem([row], BuildOptions(("jsonl:f",))).planned] == ["a/0"]
