"""Small files in the exact schemas of public data sets, each with the odd rows that the real ones have."""

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ADD = "a, b = map(int, input().split())\nprint(a + b)\n"
ADD_LOOP = "total = 0\nfor x in input().split():\n    total += int(x)\nprint(total)\n"
SUBTRACT = "a, b = map(int, input().split())\nprint(a - b)\n"
PYTHON_2 = "print raw_input()\n"
CPP = "int main() { return 0; }"
HUGE = "1 " * (1 << 20)

_LISTS = pa.struct([("input", pa.list_(pa.string())), ("output", pa.list_(pa.string()))])
_SOLUTIONS = pa.struct([("language", pa.list_(pa.int64())), ("solution", pa.list_(pa.string()))])
_PAIRS = pa.list_(pa.struct([("input", pa.string()), ("output", pa.string())]))
_CODES = pa.list_(pa.struct([("code", pa.string()), ("language", pa.string())]))

CODE_CONTESTS = pa.schema(
    [
        ("name", pa.string()),
        ("description", pa.string()),
        ("public_tests", _LISTS),
        ("private_tests", _LISTS),
        ("generated_tests", _LISTS),
        ("source", pa.int64()),
        ("difficulty", pa.int64()),
        ("solutions", _SOLUTIONS),
        ("incorrect_solutions", _SOLUTIONS),
        ("cf_contest_id", pa.int64()),
        ("cf_index", pa.string()),
        ("cf_points", pa.float32()),
        ("cf_rating", pa.int32()),
        ("cf_tags", pa.list_(pa.string())),
        ("is_description_translated", pa.bool_()),
        ("untranslated_description", pa.string()),
        ("time_limit", pa.struct([("seconds", pa.int64()), ("nanos", pa.int64())])),
        ("memory_limit_bytes", pa.int64()),
        ("input_file", pa.string()),
        ("output_file", pa.string()),
    ]
)
TACO_FIELDS = [
    "question",
    "solutions",
    "starter_code",
    "input_output",
    "difficulty",
    "raw_tags",
    "name",
    "source",
    "tags",
    "skill_types",
    "url",
    "Expected Auxiliary Space",
    "time_limit",
    "date",
    "picture_num",
    "memory_limit",
    "Expected Time Complexity",
]


def tests(*pairs: tuple[str, str]) -> dict[str, list[str]]:
    """Tests as a struct of lists."""
    return {"input": [given for given, _ in pairs], "output": [expected for _, expected in pairs]}


def solutions(*codes: tuple[int, str]) -> dict[str, list[Any]]:
    """Solutions as a struct of lists."""
    return {"language": [language for language, _ in codes], "solution": [code for _, code in codes]}


def code_contests_rows() -> list[dict[str, Any]]:
    """A whole problem; one of nulls; one with line ends of another system and a huge test; one of files."""
    whole = {
        "name": "1_A. Add",
        "description": "Print the sum of two numbers.",
        "public_tests": tests(("1 2\n", "3\n"), ("4 5\n", "9\n")),
        "private_tests": tests(("7 7\n", "14\n")),
        "generated_tests": tests(("0 0\n", "0\n"), ("1 2\n", "3\n")),
        "source": 2,
        "difficulty": 7,
        "solutions": solutions((3, ADD), (2, CPP), (1, PYTHON_2), (3, ADD_LOOP), (3, PYTHON_2)),
        "incorrect_solutions": solutions((3, SUBTRACT), (4, CPP)),
        "cf_rating": 800,
        "cf_tags": ["math", ""],
        "time_limit": {"seconds": 2, "nanos": 500_000_000},
        "memory_limit_bytes": 256_000_000,
        "input_file": "",
        "output_file": "",
    }
    nulls = {"name": "2_B. Nothing", "solutions": solutions((3, "print(2)\n"))}
    windows = {
        "name": "3_C. Windows",
        "description": "Echo.",
        "public_tests": tests(("one\r\n", "one\r\n"), (HUGE, "1")),
        "solutions": solutions((3, "word = input()\r\nprint(word)\r\n")),
        "difficulty": 0,
        "memory_limit_bytes": 0,
    }
    files = {"name": "4_D. Files", "solutions": solutions((3, ADD)), "input_file": "input.txt", "output_file": "o.txt"}
    return [whole, nulls, windows, files, {"name": None}]


def write_parquet(path: Path, schema: pa.Schema, rows: list[dict[str, Any]], group: int = 2) -> Path:
    """Writes rows; a field that a row lacks is null."""
    full = [{name: row.get(name) for name in schema.names} for row in rows]
    pq.write_table(pa.Table.from_pylist(full, schema=schema), path, row_group_size=group)
    return path


def code_contests(folder: Path) -> Path:
    """`deepmind/code_contests` as the Hub has it."""
    return write_parquet(folder / "train-00000-of-00001.parquet", CODE_CONTESTS, code_contests_rows())


def code_contests_plus(folder: Path) -> Path:
    """`ByteDance-Seed/Code-Contests-Plus` with tests and a checker."""
    schema = pa.schema(
        [
            ("source", pa.string()),
            ("id", pa.string()),
            ("title", pa.string()),
            ("description", pa.string()),
            ("time_limit", pa.int64()),
            ("memory_limit", pa.int64()),
            ("validator", pa.string()),
            ("generator", pa.string()),
            ("generator_cmd", pa.string()),
            ("checker", pa.string()),
            ("correct_submissions", _CODES),
            ("incorrect_submissions", _CODES),
            ("test_cases", _PAIRS),
            ("true_positive_rate", pa.float64()),
        ]
    )
    rows = [
        {
            "id": "1_A",
            "title": "Add",
            "description": "Print the sum.",
            "time_limit": 2000,
            "memory_limit": 256,
            "correct_submissions": [{"code": ADD, "language": "py3"}, {"code": CPP, "language": "cpp"}],
            "incorrect_submissions": [{"code": SUBTRACT, "language": "py3"}, {"code": "print 1", "language": "py2"}],
            "test_cases": [{"input": "1 2\n", "output": "3\n"}, {"input": "2 2\n", "output": "4\n"}],
        },
        {
            "id": "2_B",
            "title": "Any",
            "description": "Print any number.",
            "checker": "#include <testlib.h>",
            "correct_submissions": [{"code": "print(int(input()) + 1)\n", "language": "py3"}],
            "test_cases": [{"input": "1\n", "output": "7\n"}],
        },
        {"id": "3_C", "correct_submissions": None, "test_cases": []},
        {"id": None},
    ]
    return write_parquet(folder / "part-00000-of-00001.parquet", schema, rows)


def taco(folder: Path) -> Path:
    """`BAAI/TACO`, all columns texts, as an Arrow file."""
    schema = pa.schema([(name, pa.string()) for name in TACO_FIELDS])
    rows: list[dict[str, Any]] = [
        {
            "question": "Print the sum of two numbers.",
            "solutions": json.dumps([ADD, PYTHON_2, ADD_LOOP]),
            "input_output": json.dumps(
                {"inputs": ["1 2\n", "3 4\n", "5 5\n", "9 9\n"], "outputs": ["3", "7", "10", "18"]}
            ),
            "difficulty": "EASY",
            "tags": "['Math', 'Implementation']",
            "time_limit": "2.0 seconds",
            "memory_limit": "256.0 megabytes",
        },
        {
            "question": "Double a number.",
            "solutions": json.dumps(
                [
                    "def twice(x):\n    return 2 * x\n",
                    "class Solution:\n    def twice(self, x):\n        return x + x\n",
                ]
            ),
            "starter_code": "def twice(x):",
            "input_output": json.dumps({"fn_name": "twice", "inputs": [[1], [10**20]], "outputs": [[2], [2 * 10**20]]}),
        },
        {"question": "Nothing to run.", "solutions": "[]", "input_output": ""},
        {"question": "Broken.", "solutions": "[", "input_output": "{}"},
        {"question": None},
    ]
    table = pa.Table.from_pylist([{name: row.get(name) for name in TACO_FIELDS} for row in rows], schema=schema)
    path = folder / "train-00000.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return path


def apps(folder: Path) -> Path:
    """`codeparrot/apps` as JSON Lines, compressed."""
    rows = [
        {
            "problem_id": 0,
            "question": "Print the sum.",
            "solutions": json.dumps(["import sys\nprint(sum(map(int, sys.stdin.read().split())))\n"]),
            "input_output": json.dumps({"inputs": ["1 2", ["3", "4"]], "outputs": ["3", ["7"]]}),
            "difficulty": "interview",
            "url": "https://example.org",
            "starter_code": "",
        },
        {
            "problem_id": 1,
            "question": "Reverse.",
            "solutions": json.dumps(["class Solution:\n    def back(self, s):\n        return s[::-1]\n"]),
            "input_output": json.dumps({"fn_name": "back", "inputs": [["ab"], ["xyz"]], "outputs": ["ba", ["zyx"]]}),
            "starter_code": "class Solution:\n    def back(self, s: str) -> str:\n",
        },
        {
            "problem_id": 2,
            "question": "No tests.",
            "solutions": json.dumps(["print(1)"]),
            "input_output": "",
            "url": None,
        },
    ]
    path = folder / "train.jsonl.gz"
    text = "".join(json.dumps(row) + "\n" for row in rows)
    with pa.CompressedOutputStream(str(path), "gzip") as stream:
        stream.write(text.encode())
    return path


class Hostile:
    """What runs a command when an unguarded reader loads it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("import pathlib; pathlib.Path('pickle-ran').touch()",)


def packed(value: object) -> str:
    """Private tests as LiveCodeBench packs them."""
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def livecodebench(folder: Path) -> Path:
    """`livecodebench/code_generation_lite`: plain and packed private tests, and a pickle that would run code."""
    script = {"input": "1 2", "output": "3", "testtype": "stdin"}
    call = {"input": '[1, 2]\n"x"', "output": "3", "testtype": "functional"}
    rows = [
        {"question_id": "a", "private_test_cases": json.dumps([script | {"input": "2 2", "output": "4"}])},
        {"question_id": "b", "private_test_cases": packed(json.dumps([script | {"input": "3 3", "output": "6"}]))},
        {"question_id": "c", "private_test_cases": packed(Hostile())},
        {"question_id": "d", "private_test_cases": packed(["a list"])},
        {
            "question_id": "e",
            "public_test_cases": json.dumps([call]),
            "private_test_cases": packed(json.dumps([call | {"input": '[]\n""'}])),
            "starter_code": "class Solution:\n    def count(self, xs, y):\n",
            "metadata": json.dumps({"func_name": "count"}),
        },
    ]
    whole = [
        {
            "question_title": "Add",
            "question_content": "Print the sum.",
            "platform": "atcoder",
            "starter_code": "",
            "difficulty": "easy",
            "public_test_cases": json.dumps([script]),
            "metadata": "{}",
            **row,
        }
        for row in rows
    ]
    path = folder / "test6.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in whole))
    return path


CODEFORCES = pa.schema(
    [
        ("id", pa.string()),
        ("aliases", pa.list_(pa.string())),
        ("contest_id", pa.string()),
        ("contest_start", pa.int64()),
        ("index", pa.string()),
        ("time_limit", pa.float64()),
        ("memory_limit", pa.float64()),
        ("title", pa.string()),
        ("description", pa.string()),
        ("input_format", pa.string()),
        ("output_format", pa.string()),
        ("interaction_format", pa.string()),
        ("note", pa.string()),
        ("examples", _PAIRS),
        ("editorial", pa.string()),
        ("rating", pa.int64()),
        ("tags", pa.list_(pa.string())),
        ("testset_size", pa.int64()),
        ("official_tests", _PAIRS),
        ("official_tests_complete", pa.bool_()),
        ("input_mode", pa.string()),
        ("generated_checker", pa.string()),
        ("executable", pa.bool_()),
        ("generated_tests", pa.int64()),
    ]
)
SUBMISSIONS = pa.schema(
    [
        ("submission_id", pa.string()),
        ("source", pa.string()),
        ("contestId", pa.string()),
        ("problem_index", pa.string()),
        ("programmingLanguage", pa.string()),
        ("verdict", pa.string()),
        ("testset", pa.string()),
        ("passedTestCount", pa.float64()),
        ("problem_id", pa.string()),
    ]
)


def codeforces(folder: Path) -> Path:
    """`open-r1/codeforces` and `open-r1/codeforces-submissions`, in one folder; names its pattern."""
    example = {"input": "1 2\n", "output": "3\n"}
    problems = [
        {
            "id": "1/A",
            "title": "Add",
            "description": "Print the sum.",
            "input_format": "Two numbers.",
            "output_format": "One number.",
            "time_limit": 2.0,
            "memory_limit": 256.0,
            "examples": [example],
            "official_tests": [example, {"input": "5 5\n", "output": "10\n"}],
            "rating": 900,
            "tags": ["math"],
            "input_mode": "stdio",
        },
        {
            "id": "1/B",
            "title": "Any",
            "examples": [example],
            "generated_checker": "def check(): ...",
            "input_mode": "stdio",
        },
        {"id": "1/C", "title": "Guess", "interaction_format": "Ask.", "examples": [example]},
        {"id": "1/D", "title": "Files", "input_mode": "file", "examples": [example]},
    ]
    submissions = [
        {"submission_id": "10", "source": ADD, "programmingLanguage": "Python 3", "verdict": "OK", "problem_id": "1/A"},
        {
            "submission_id": "11",
            "source": SUBTRACT,
            "programmingLanguage": "PyPy 3-64",
            "verdict": "WRONG_ANSWER",
            "problem_id": "1/A",
        },
        {
            "submission_id": "12",
            "source": CPP,
            "programmingLanguage": "GNU C++17",
            "verdict": "OK",
            "problem_id": "1/A",
        },
        {
            "submission_id": "13",
            "source": PYTHON_2,
            "programmingLanguage": "Python 2",
            "verdict": "OK",
            "problem_id": "1/A",
        },
        {
            "submission_id": "14",
            "source": ADD_LOOP,
            "programmingLanguage": "PyPy 3",
            "verdict": "OK",
            "problem_id": "1/B",
        },
        {
            "submission_id": "15",
            "source": "print(9)\n",
            "programmingLanguage": "Python 3",
            "verdict": "OK",
            "problem_id": "9/Z",
        },
    ]
    write_parquet(folder / "problems-train-0.parquet", CODEFORCES, problems)
    write_parquet(folder / "submissions-train-0.parquet", SUBMISSIONS, submissions)
    return folder / "*-train-0.parquet"


def leetcode(folder: Path) -> Path:
    """`newfacade/LeetCodeDataset` v0.3.1, and a row of v0.1 with `meta`."""
    sums = {3: 6, 4: 10, 1: 1, 9: 45}
    check = "def check(candidate):\n" + "".join(f"    assert candidate(n = {n}) == {sums[n]}\n" for n in sums)
    row = {
        "task_id": "sum-to",
        "question_id": 1,
        "difficulty": "Easy",
        "tags": ["Math"],
        "problem_description": "Sum the numbers to n.",
        "starter_code": "class Solution:\n    def sumTo(self, n: int) -> int:\n        ",
        "estimated_date": "2020-01-01",
        "prompt": "from typing import *\n",
        "completion": "class Solution:\n    def sumTo(self, n: int) -> int:\n        return n * (n + 1) // 2\n",
        "entry_point": "Solution().sumTo",
        "test": check,
        "input_output": [{"input": "n = 3", "output": "6"}],
        "query": "?",
        "response": "!",
    }
    old = {
        "task_id": "old",
        "prompt": "",
        "completion": "class Solution:\n    def one(self):\n        return 1\n",
        "entry_point": "Solution().one",
        "test": "",
        "input_output": [{"input": "", "output": "1"}],
        "meta": {"difficulty": "Hard", "question_title": "Old"},
    }
    path = folder / "LeetCodeDataset-train.jsonl.zst"
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write("".join(json.dumps(each) + "\n" for each in (row, old, {"task_id": "none"})).encode())
    return path


def cruxeval(folder: Path) -> Path:
    """CRUXEval's own file, with a row that is cut off and one of other bytes."""
    rows = [
        {"code": "def f(text, n):\n    return text * n", "input": "'ab', 2", "output": "'abab'", "id": "sample_0"},
        {"code": "def f():\n    return {1: None}", "input": "", "output": "{1: None}", "id": "sample_1"},
        {"code": "def f(x):\n    return x", "input": "(", "output": "", "id": "sample_2"},
    ]
    path = folder / "cruxeval.jsonl"
    path.write_bytes(b"".join(json.dumps(row).encode() + b"\r\n" for row in rows) + b'{"code": "\xff"}\n{"co\n')
    return path


def humaneval(folder: Path) -> Path:
    """HumanEval's own file."""
    row = {
        "task_id": "HumanEval/0",
        "prompt": 'def close(xs, limit):\n    """Whether two are close."""\n',
        "canonical_solution": "    return any(abs(a - b) < limit for i, a in enumerate(xs) for b in xs[:i])\n",
        "test": "METADATA = {}\n\ndef check(candidate):\n    assert candidate([1.0, 2.0], 0.5) == False\n"
        "    assert candidate([1.0, 1.2], 0.5)\n    for n in range(3):\n        assert candidate([n], n) == False\n",
        "entry_point": "close",
    }
    path = folder / "HumanEval.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps(row | {"task_id": "HumanEval/1", "entry_point": ""}) + "\n")
    return path


def mbpp(folder: Path) -> Path:
    """MBPP in its full form and one row in the sanitized one."""
    rows = [
        {
            "task_id": 1,
            "text": "Write a function to square a number.",
            "code": "def square(n):\r\n    return n * n",
            "test_list": ["assert square(2) == 4", "assert square(3) == 9", "assert square(n=1) == 1"],
            "test_setup_code": "",
            "challenge_test_list": ["assert square(0) == 0"],
        },
        {
            "task_id": 2,
            "prompt": "Round up.",
            "code": "def up(x):\n    return math.ceil(x)",
            "test_imports": ["import math"],
            "test_list": ["assert math.isclose(up(1.2), 2)", "assert set(sorted({up(1.2)})) == {2}"],
        },
        {"task_id": 3, "text": "Empty.", "code": None, "test_list": []},
    ]
    path = folder / "mbpp.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


FIXTURES = {
    "code_contests": code_contests,
    "code_contests_plus": code_contests_plus,
    "taco": taco,
    "apps": apps,
    "livecodebench": livecodebench,
    "codeforces": codeforces,
    "leetcode": leetcode,
    "cruxeval": cruxeval,
    "humaneval": humaneval,
    "mbpp": mbpp,
}
