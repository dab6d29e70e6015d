"""The bundled problems are what they say: well formed, right where they claim to be right, and wrong where not."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.sources.jsonl import read_jsonl
from pipelines.sources.located import Located

SAMPLE = Path(__file__).parents[2] / "pipelines" / "sources" / "sample"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for path in sorted(SAMPLE.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()
]
COMMON_FIELDS = {"id", "source", "license", "problem", "kind", "verdict", "statement", "code"}

# Calls one after another: each gets the repr of its value, or null where it raised.
CALLS = """
import json, sys
code, calls = json.load(sys.stdin)
answers = []
for call in calls:
    names = {"__name__": "solution"}
    exec(code, names)
    try:
        answers.append(repr(eval(call, names)))
    except Exception:
        answers.append(None)
print(json.dumps(answers))
"""


def cases_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    tests: list[dict[str, Any]] = row["tests" if row["kind"] == "stdin" else "calls"]
    return tests


def python(program: str, stdin: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "-c", program]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=20, check=False)


def answers_of(row: dict[str, Any]) -> list[str | None]:
    """What the row's program prints or returns on each of its tests; None where it crashed."""
    if row["kind"] == "function":
        done = python(CALLS, json.dumps([row["code"], [test["call"] for test in row["calls"]]]))
        answers: list[str | None] = json.loads(done.stdout)
        return answers
    runs = [python(row["code"], test["input"]) for test in row["tests"]]
    return [run.stdout if run.returncode == 0 else None for run in runs]


@pytest.fixture(scope="module")
def by_problem() -> dict[str, list[dict[str, Any]]]:
    problems: dict[str, list[dict[str, Any]]] = {}
    for row in ROWS:
        problems.setdefault(row["problem"], []).append(row)
    return problems


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_an_accepted_program_passes_every_test_and_a_wrong_one_fails_some(row: dict[str, Any]) -> None:
    verdicts = []
    for test, answer in zip(cases_of(row), answers_of(row), strict=True):
        if answer is None:
            verdicts.append("runtime_error")
        elif answer != test["expected"]:
            verdicts.append("wrong_answer")
    if row["verdict"] == "accepted":
        assert verdicts == []
    else:
        assert row["verdict"] in verdicts


def test_there_are_a_few_dozen_problems_of_both_kinds(by_problem: dict[str, list[dict[str, Any]]]) -> None:
    kinds = [rows[0]["kind"] for rows in by_problem.values()]
    assert kinds.count("stdin") >= 20
    assert kinds.count("function") >= 10


def test_ids_are_unique() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)


def test_rows_carry_the_fields_of_their_kind() -> None:
    for row in ROWS:
        own = {"tests"} if row["kind"] == "stdin" else {"entry", "calls"}
        assert set(row) == COMMON_FIELDS | own, row["id"]


def test_every_row_is_ours_to_give_away() -> None:
    assert {(row["source"], row["license"]) for row in ROWS} == {("nlex-sample", "Apache-2.0")}


def test_every_problem_has_a_correct_and_a_wrong_solution(by_problem: dict[str, list[dict[str, Any]]]) -> None:
    for problem, rows in by_problem.items():
        verdicts = {row["verdict"] for row in rows}
        assert "accepted" in verdicts, problem
        assert verdicts & {"wrong_answer", "runtime_error"}, problem


def test_every_problem_has_public_and_hidden_tests(by_problem: dict[str, list[dict[str, Any]]]) -> None:
    for problem, rows in by_problem.items():
        hidden = [test.get("hidden", False) for test in cases_of(rows[0])]
        assert hidden.count(False) >= 2, problem
        assert hidden.count(True) >= 2, problem


def test_solutions_of_a_problem_share_statement_and_tests(by_problem: dict[str, list[dict[str, Any]]]) -> None:
    for problem, rows in by_problem.items():
        for row in rows:
            assert row["statement"] == rows[0]["statement"], problem
            assert cases_of(row) == cases_of(rows[0]), problem


def test_the_statement_shows_the_first_test() -> None:
    for row in ROWS:
        first = cases_of(row)[0]
        assert first.get("input", first.get("call")) in row["statement"], row["id"]
        assert first["expected"] in row["statement"], row["id"]


def test_a_function_row_defines_its_entry() -> None:
    for row in ROWS:
        if row["kind"] == "function":
            defined = [node.name for node in ast.parse(row["code"]).body if isinstance(node, ast.FunctionDef)]
            assert row["entry"] in defined, row["id"]
            assert all(call["call"].startswith(row["entry"] + "(") for call in row["calls"]), row["id"]


@pytest.mark.parametrize("path", sorted(SAMPLE.glob("*.jsonl")), ids=lambda path: path.name)
def test_the_reader_refuses_no_row(path: Path) -> None:
    with path.open("rb") as stream:
        assert [row for row in read_jsonl(stream, path.name) if not isinstance(row, Located)] == []
