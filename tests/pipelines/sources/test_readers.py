"""Each public data set is read as its schema says: problems, Python 3 solutions, and what is wrong with the rest."""

import json
import pickle
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.sources.locate import DATA_SETS, source_files
from pipelines.sources.located import Fault, Found, LeftOut, Located, Place, Posed
from pipelines.sources.packed_tests import unpacked
from schemas.problem import Problem
from schemas.reject import RejectRow
from tests.pipelines.sources.published import ADD, FIXTURES, PYTHON_2, packed


def read(kind: str, folder: Path) -> list[Found]:
    files = source_files((f"{kind}:{FIXTURES[kind](folder)}",))
    return [found for file in files for found in file.read()]


def problems(found: Sequence[Found]) -> dict[str, Problem]:
    return {each.problem.id: each.problem for each in found if isinstance(each, Posed)}


def solutions(found: Sequence[Found]) -> list[str]:
    return [each.solution.id for each in found if isinstance(each, Located)]


def refused(found: Sequence[Found]) -> list[str]:
    return [each.reason for each in found if isinstance(each, RejectRow)]


def left_out(found: Sequence[Found]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for each in found:
        if isinstance(each, LeftOut):
            counts[each.reason] += each.number
    return dict(counts)


def test_code_contests(tmp_path: Path) -> None:
    found = read("code_contests", tmp_path)
    add = problems(found)["code_contests/1_A. Add"]
    assert [(test.stdin, test.expected, test.hidden) for test in add.tests] == [
        ("1 2\n", "3\n", False),
        ("4 5\n", "9\n", False),
        ("7 7\n", "14\n", True),
        ("0 0\n", "0\n", True),
    ]
    assert (add.time_limit_s, add.memory_limit_bytes, add.difficulty, add.tags) == (2.5, 256_000_000, "800", ("math",))
    assert solutions(found) == [
        "code_contests/1_A. Add/s0",
        "code_contests/1_A. Add/s3",
        "code_contests/1_A. Add/w0",
        "code_contests/2_B. Nothing/s0",
        "code_contests/3_C. Windows/s0",
    ]
    assert refused(found) == ["python2", "file_io", "missing_field"]
    assert left_out(found) == {"other_language": 2, "python2": 1, "repeated_test": 1, "huge_test": 1}


def test_line_ends_of_another_system_become_plain_ones(tmp_path: Path) -> None:
    found = read("code_contests", tmp_path)
    (windows,) = [each for each in found if isinstance(each, Located) and "Windows" in each.solution.id]
    assert windows.solution.program.code == "word = input()\nprint(word)\n"
    assert problems(found)["code_contests/3_C. Windows"].tests[0].stdin == "one\n"


def test_what_a_source_says_of_a_solution_is_kept(tmp_path: Path) -> None:
    found = read("code_contests", tmp_path)
    said = {each.solution.id.rpartition("/")[2]: each.solution.correct for each in found if isinstance(each, Located)}
    assert (said["s0"], said["w0"]) == (True, False)


def test_code_contests_plus(tmp_path: Path) -> None:
    found = read("code_contests_plus", tmp_path)
    posed = problems(found)
    assert posed["code_contests_plus/1_A"].checker == "tokens"
    assert posed["code_contests_plus/1_A"].time_limit_s == 2.0
    assert posed["code_contests_plus/1_A"].memory_limit_bytes == 256 << 20
    assert posed["code_contests_plus/2_B"].checker == "custom"
    assert solutions(found) == [f"code_contests_plus/{name}" for name in ("1_A/s0", "1_A/w0", "2_B/s0")]
    assert refused(found) == ["missing_field"]
    assert left_out(found) == {"other_language": 1, "python2": 1}


def test_taco(tmp_path: Path) -> None:
    found = read("taco", tmp_path)
    posed = problems(found)
    assert [test.hidden for test in posed["taco/train-1"].tests] == [False, False, False, True]
    assert posed["taco/train-1"].tags == ("Math", "Implementation")
    assert (posed["taco/train-1"].time_limit_s, posed["taco/train-1"].memory_limit_bytes) == (2.0, 256 << 20)
    assert posed["taco/train-2"].tests[1].call == "twice(100000000000000000000)"
    assert posed["taco/train-2"].tests[1].expected == "200000000000000000000"
    assert solutions(found) == [f"taco/{name}" for name in ("train-1/s0", "train-1/s2", "train-2/s0", "train-2/s1")]
    assert refused(found) == ["python2", "json", "missing_field"]


def test_apps(tmp_path: Path) -> None:
    found = read("apps", tmp_path)
    posed = problems(found)
    assert [test.stdin for test in posed["apps/train-0"].tests] == ["1 2", "3\n4"]
    assert [(test.call, test.expected) for test in posed["apps/train-1"].tests] == [
        ("Solution().back('ab')", "'ba'"),
        ("Solution().back('xyz')", "'zyx'"),
    ]
    assert posed["apps/train-2"].tests == ()
    assert len(solutions(found)) == 3


def test_livecodebench(tmp_path: Path) -> None:
    found = read("livecodebench", tmp_path)
    posed = problems(found)
    assert [test.stdin for test in posed["livecodebench/a"].tests] == ["1 2", "2 2"]
    assert [test.stdin for test in posed["livecodebench/b"].tests if test.hidden] == ["3 3"]
    assert posed["livecodebench/e"].tests[0].call == "Solution().count([1, 2], 'x')"
    assert {problem.split for problem in posed.values()} == {"test"}
    assert refused(found) == ["packed_tests", "packed_tests"]


def test_codeforces(tmp_path: Path) -> None:
    found = read("codeforces", tmp_path)
    posed = problems(found)
    assert set(posed) == {"codeforces/1/A", "codeforces/1/B"}
    assert posed["codeforces/1/A"].statement == "Add\n\nPrint the sum.\n\nInput\nTwo numbers.\n\nOutput\nOne number."
    assert (posed["codeforces/1/A"].time_limit_s, posed["codeforces/1/A"].difficulty) == (2.0, "900")
    assert posed["codeforces/1/B"].checker == "custom"
    assert solutions(found) == [f"codeforces/{name}" for name in ("1/A/10", "1/A/11", "1/B/14", "9/Z/15")]
    assert refused(found) == ["interactive", "file_io"]
    assert left_out(found) == {"other_language": 1, "python2": 1, "repeated_test": 1}


def test_leetcode(tmp_path: Path) -> None:
    found = read("leetcode", tmp_path)
    posed = problems(found)
    assert [(test.call, test.expected, test.hidden) for test in posed["leetcode/sum-to"].tests][2:] == [
        ("Solution().sumTo(n=1)", "1", False),
        ("Solution().sumTo(n=9)", "45", True),
    ]
    assert posed["leetcode/old"].difficulty == "Hard"
    (first, _) = [each.solution.program for each in found if isinstance(each, Located)]
    assert first.prelude == "from typing import *\n"
    assert refused(found) == ["missing_field"]


def test_cruxeval(tmp_path: Path) -> None:
    found = read("cruxeval", tmp_path)
    (first, second) = problems(found).values()
    assert (first.tests[0].call, first.tests[0].expected) == ("f('ab', 2)", "'abab'")
    assert (second.tests[0].call, second.split) == ("f()", "test")
    assert refused(found) == ["call_syntax", "binary", "json"]


def test_humaneval(tmp_path: Path) -> None:
    found = read("humaneval", tmp_path)
    (problem,) = problems(found).values()
    assert [(test.call, test.expected) for test in problem.tests] == [
        ("close([1.0, 2.0], 0.5)", "False"),
        ("close([1.0, 1.2], 0.5)", None),
    ]
    assert refused(found) == ["missing_field"]


def test_mbpp(tmp_path: Path) -> None:
    found = read("mbpp", tmp_path)
    square, up = problems(found).values()
    assert [(test.call, test.expected, test.hidden) for test in square.tests] == [
        ("square(2)", "4", False),
        ("square(3)", "9", False),
        ("square(n=1)", "1", False),
        ("square(0)", "0", True),
    ]
    assert [(test.call, test.expected) for test in up.tests] == [("set(sorted({up(1.2)}))", "{2}")]
    assert refused(found) == ["missing_field"]


@pytest.mark.parametrize("kind", ["cruxeval", "humaneval", "mbpp", "livecodebench"])
def test_sets_to_evaluate_with_are_for_testing_only(kind: str, tmp_path: Path) -> None:
    assert {problem.split for problem in problems(read(kind, tmp_path)).values()} == {"test"}


@pytest.mark.parametrize(
    ("name", "split"), [("train-0.parquet", None), ("test-0.parquet", "test"), ("x.parquet", "test")]
)
def test_only_what_is_known_to_be_for_training_is_left_to_the_hash(
    name: str, split: str | None, tmp_path: Path
) -> None:
    path = FIXTURES["code_contests"](tmp_path).rename(tmp_path / name)
    found = [each for file in source_files((f"code_contests:{path}",)) for each in file.read()]
    assert {problem.split for problem in problems(found).values()} == {split}


def test_a_pickle_that_would_run_code_runs_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read("livecodebench", tmp_path)
    assert not (tmp_path / "pickle-ran").exists()


@pytest.mark.parametrize("value", [1, ["x"], {"a": 1}, None, Place, print])
def test_only_texts_and_bytes_are_unpacked(value: object) -> None:
    with pytest.raises(Fault, match="admitted"):
        unpacked(packed(value))


def test_texts_and_bytes_are_unpacked_whatever_the_protocol() -> None:
    import base64
    import zlib

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for value in ("[1]", b"[1]"):
            if isinstance(value, bytes) and protocol < 3:
                continue  # before protocol 3, bytes are pickled as a call, which is refused
            column = base64.b64encode(zlib.compress(pickle.dumps(value, protocol))).decode()
            assert unpacked(column) == [1]


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", sorted(DATA_SETS))
@given(data=st.data())
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_row_holds_it_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    columns = DATA_SETS[kind].COLUMNS
    row = data.draw(st.dictionaries(st.sampled_from(columns), _ANYTHING, max_size=len(columns)))
    path_row: dict[str, Any] = {"name": "x", "id": "x", "task_id": "x", "question_id": "x", "problem_id": "1"} | row
    (file,) = source_files((f"jsonl:{__file__}",))
    found = list(type(file)(kind, file.path).read_row(path_row, Place("rows.parquet", 1)))
    assert found
    assert all(isinstance(each, Posed | Located | RejectRow | LeftOut) for each in found)


def test_python_2_is_told_by_parsing_where_a_set_names_no_language(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    row = {"question": "Add.", "solutions": json.dumps([ADD, PYTHON_2]), "input_output": "{}"}
    path.write_text(json.dumps(row) + "\n")
    found = [each for file in source_files((f"taco:{path}",)) for each in file.read()]
    assert (len(solutions(found)), refused(found)) == (1, ["python2"])
