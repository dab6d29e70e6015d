"""A build that selects, deduplicates, decontaminates and makes inputs, from the command line to the card."""

import json
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.manifest import read_manifest
from pipelines.splits import hashed_split
from pipelines.verify import verify
from tests.pipelines.corpora import call_row, stdin_row, write_rows
from tests.pipelines.curation.planted import edited, renamed
from tests.pipelines.curation.test_decide import LONG
from tests.pipelines.reading import rows

LEAKED = """def f(text, limit):
    kept = []
    for place, letter in enumerate(text):
        if letter.isalpha() and place < limit:
            kept.append(letter.upper())
        elif letter == ' ':
            kept.append('_')
        else:
            kept.insert(0, letter)
    return ''.join(kept)
"""
BRANCHY = (
    "n = int(input())\nif n < 0:\n    print('negative')\nelif n % 2:\n    print('odd')\nelse:\n    print('even')\n"
)


def problem_in(split: str, number: int = 0) -> str:
    return [name for name in (f"p{n}" for n in range(1000)) if hashed_split(name) == split][number]


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("curated")
    (folder / "guard.jsonl").write_text(
        json.dumps({"id": "sample_7", "code": LEAKED, "input": "'a b', 2", "output": "?"})
    )
    no_input = [{"input": "", "expected": None}]
    source = write_rows(
        folder / "rows.jsonl",
        stdin_row("first", LONG, no_input, problem=problem_in("train")),
        stdin_row("twin", renamed(LONG, 1), no_input, problem=problem_in("train", 1)),
        stdin_row("near", edited(LONG, 1), no_input, problem=problem_in("train", 2)),
        stdin_row("over the fence", edited(LONG, 2), no_input, problem=problem_in("test")),
        call_row("leak", renamed(LEAKED, 3).replace("def ", "def g_") + "\n", [{"call": "1", "expected": "1"}]),
        stdin_row("banned", "import socket\nprint(1)\n", no_input),
        stdin_row("branchy", BRANCHY, [{"input": "4\n", "expected": "even"}]),
    )
    asked = ["build", source, "--output", str(folder / "out"), "--workers", "1", "--sandbox", "process"]
    asked += ["--dedup", "near", "--decontaminate", f"cruxeval:{folder / 'guard.jsonl'}"]
    assert main([*asked, "--ban-imports", "socket,ctypes", "--synthesize", "3"]) == 0
    return folder / "out"


def test_each_row_that_is_left_out_is_a_reject_that_says_why(curated: Path) -> None:
    found = {row["solution_id"]: (row["reason"], row["message"]) for row in rows(curated, "rejects")}
    assert {name: reason for name, (reason, _) in found.items()} == {
        "twin": "duplicate",
        "near": "near_duplicate",
        "over the fence": "split_leak",
        "leak": "contaminated",
        "banned": "banned_import",
    }
    assert "first (" in found["twin"][1]
    assert "'train'" in found["over the fence"][1]
    assert "cruxeval/sample_7/s0 (facebookresearch/cruxeval)" in found["leak"][1]


def test_made_inputs_become_examples(curated: Path) -> None:
    made = [row for row in rows(curated, "nlex") if row["id"].startswith("branchy/made-")]
    assert 1 <= len(made) <= 2
    assert {row["judgement"] for row in made} == {"unjudged"}
    assert "even\n" not in {row["output"] for row in made}


def test_the_corpus_is_verified_as_any_other(curated: Path) -> None:
    assert verify(curated).findings == []


def test_the_card_tells_what_the_examples_are(curated: Path) -> None:
    mixture = read_manifest(curated)["mixture"]
    examples = rows(curated, "nlex")
    for kind in ("source", "verdict", "style", "license", "length"):
        assert sum(counts["examples"] for counts in mixture[kind].values()) == len(examples)
        assert sum(counts["tokens"] for counts in mixture[kind].values()) == sum(row["tokens"] for row in examples)
    card = (curated / "README.md").read_text()
    assert f"| license | CC0-1.0 | {len(examples):,} |" in card
    assert "| length | <= " in card
