"""`nlex build` of each public data set gives the examples, prompts and rejects that its rows are worth."""

from collections import Counter
from pathlib import Path

import pytest

from pipelines.build_command import build
from pipelines.curation.options import Curation
from pipelines.options import BuildOptions
from tests.pipelines.reading import rows
from tests.pipelines.sources.published import FIXTURES

EXPECTED = {
    "code_contests": ((7, 5, 2), {"read/python2": 1, "read/file_io": 1, "read/missing_field": 1, "select/no_tests": 1}),
    "code_contests_plus": ((5, 3, 2), {"read/missing_field": 1}),
    "taco": ((10, 10, 2), {"read/python2": 1, "read/json": 1, "read/missing_field": 1}),
    "apps": ((4, 4, 2), {"select/no_tests": 1}),
    "livecodebench": ((0, 0, 3), {"read/packed_tests": 2}),
    "codeforces": ((3, 2, 2), {"read/interactive": 1, "read/file_io": 1, "select/no_tests": 1}),
    "leetcode": ((4, 4, 1), {"read/missing_field": 1}),
    "cruxeval": ((2, 2, 0), {"read/call_syntax": 1, "read/binary": 1, "read/json": 1}),
    "humaneval": ((2, 2, 1), {"read/missing_field": 1}),
    "mbpp": ((4, 4, 2), {"read/missing_field": 1}),
}


@pytest.mark.parametrize("kind", sorted(FIXTURES))
def test_a_data_set_becomes_a_corpus(kind: str, tmp_path: Path) -> None:
    source = f"{kind}:{FIXTURES[kind](tmp_path)}"
    build(BuildOptions((source,), sandbox="process", curation=Curation(dedup="none")), tmp_path / "out", workers=1)
    counts = tuple(len(rows(tmp_path / "out", config)) for config in ("nlex", "output_prediction", "solve"))
    reasons = Counter(f"{row['stage']}/{row['reason']}" for row in rows(tmp_path / "out", "rejects"))
    assert (counts, dict(reasons)) == EXPECTED[kind]


def test_hidden_tests_are_run_where_asked_and_never_predicted(tmp_path: Path) -> None:
    source = f"code_contests:{FIXTURES['code_contests'](tmp_path)}"
    build(
        BuildOptions((source,), sandbox="process", curation=Curation(inputs="all", max_inputs=3)),
        tmp_path / "out",
        workers=1,
    )
    told = [row["id"] for row in rows(tmp_path / "out", "nlex")]
    assert Counter(name.rpartition("/")[0] for name in told if "Add" in name) == {
        f"code_contests/1_A. Add/{name}": 3 for name in ("s0", "s3", "w0")
    }
    predicted = {row["input"] for row in rows(tmp_path / "out", "output_prediction")}
    assert not predicted & {"7 7\n", "0 0\n"}
