"""`verify` passes a corpus as it was built and fails one in which anything was changed."""

import hashlib
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.manifest import MANIFEST, ManifestError
from pipelines.rerun import rerun
from pipelines.verify import verify
from sandbox import Sandbox, SandboxConfig
from tests.pipelines.reading import rows

Change = Callable[[list[dict[str, Any]]], None]


@pytest.fixture
def copy(corpus: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(corpus, tmp_path / "copy"))


def rewrite(corpus: Path, config: str, change: Change) -> None:
    """Changes the rows of a config's largest shard and renews its checksum in the manifest."""
    path = max((corpus / config).glob("*.parquet"), key=lambda path: path.stat().st_size)
    table = pq.ParquetFile(path).read()
    changed = table.to_pylist()
    change(changed)
    pq.write_table(pa.Table.from_pylist(changed, schema=table.schema), path)
    manifest = orjson.loads((corpus / MANIFEST).read_bytes())
    for listed in manifest["files"]:
        if listed["path"] == f"{config}/{path.name}":
            listed["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (corpus / MANIFEST).write_bytes(orjson.dumps(manifest))


def test_a_corpus_as_built_has_no_problem(corpus: Path) -> None:
    report = verify(corpus)
    assert report.findings == []
    assert report.rows == sum(len(rows(corpus, config)) for config in ("nlex", "output_prediction", "solve")) + sum(
        len(rows(corpus, config)) for config in ("traces", "rejects")
    )
    assert report.claims == sum(row["claims"] for row in rows(corpus, "nlex"))


def test_twenty_changed_digits_in_twenty_rows_are_all_found(copy: Path) -> None:
    chance = random.Random(20)
    changed: list[str] = []

    def change_digits(found: list[dict[str, Any]]) -> None:
        for row in chance.sample(found, 20):
            message = row["messages"][1]
            places = [place.start() for place in re.finditer(r"\d", message["content"])]
            place = chance.choice(places)
            text = message["content"]
            digit = str((int(text[place]) + chance.randint(1, 9)) % 10)
            message["content"] = text[:place] + digit + text[place + 1 :]
            changed.append(row["id"])

    rewrite(copy, "nlex", change_digits)
    findings = verify(copy).findings
    assert {finding.row for finding in findings if finding.claim} == set(changed)
    assert all(finding.config == "nlex" and finding.file.startswith("nlex/") for finding in findings)


def test_a_changed_prompt_is_found(copy: Path) -> None:
    def change(found: list[dict[str, Any]]) -> None:
        found[0]["messages"][0]["content"] += " "

    rewrite(copy, "nlex", change)
    found = verify(copy).findings
    assert "the prompt" in found[0].message
    # One blank more may also be one token more.
    assert {finding.row for finding in found} == {found[0].row}


@pytest.mark.parametrize(
    ("config", "field", "value"),
    [
        ("nlex", "code", "print(1)\n"),
        ("nlex", "output", "9"),
        ("nlex", "trace_id", "0" * 32),
        ("nlex", "claims", 0),
        ("nlex", "tokens", 1),
        ("output_prediction", "expected_output", "9"),
        ("output_prediction", "prompt", "?"),
        ("solve", "statement", "?"),
        ("traces", "log", b"NLXT"),
        ("traces", "events", 0),
        ("rejects", "stage", "nowhere"),
    ],
)
def test_a_changed_field_is_found(copy: Path, config: str, field: str, value: object) -> None:
    identity: list[str] = []

    def change(found: list[dict[str, Any]]) -> None:
        found[0][field] = value
        identity.append(found[0]["id"])

    rewrite(copy, config, change)
    assert (config, identity[0]) in {(finding.config, finding.row) for finding in verify(copy).findings}


def test_a_changed_file_is_found_by_its_checksum(copy: Path) -> None:
    path = next((copy / "solve").glob("*.parquet"))
    path.write_bytes(path.read_bytes() + b"\n")
    assert any("SHA-256" in finding.message for finding in verify(copy).findings)


def test_a_missing_and_an_unlisted_file_are_found(copy: Path) -> None:
    path = next((copy / "solve").glob("*.parquet"))
    path.rename(path.with_name("other.parquet"))
    messages = " ".join(finding.message for finding in verify(copy).findings)
    assert "not there" in messages
    assert "does not list" in messages


def test_a_changed_card_is_found(copy: Path) -> None:
    (copy / "README.md").write_text("# Mine\n")
    assert [finding.file for finding in verify(copy).findings] == ["README.md"]


def test_two_rows_with_one_id_are_found(copy: Path) -> None:
    def change(found: list[dict[str, Any]]) -> None:
        found[1]["id"] = found[0]["id"]

    rewrite(copy, "output_prediction", change)
    assert any("this id" in finding.message for finding in verify(copy).findings)


def test_several_processes_find_what_one_finds(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(found: list[dict[str, Any]]) -> None:
        found[0]["claims"] = 0

    rewrite(copy, "nlex", change)
    one = verify(copy)
    monkeypatch.setattr("pipelines.verify._ONE_PROCESS_ROWS", 0)
    assert verify(copy, workers=2) == one


def test_running_again_gives_the_same_bytes(corpus: Path) -> None:
    with Sandbox(SandboxConfig()) as sandbox:
        assert rerun(corpus, 4, sandbox) == (4, [])


def test_running_again_finds_another_output(copy: Path) -> None:
    def change(found: list[dict[str, Any]]) -> None:
        for row in found:
            row["output"] = "77"

    for _ in (copy / "traces").glob("*.parquet"):
        rewrite(copy, "traces", change)
    with Sandbox(SandboxConfig()) as sandbox:
        number, findings = rerun(copy, 60, sandbox)
    assert number > 20
    assert any("another output" in finding.message for finding in findings)


def test_a_folder_without_a_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="run `nlex build` first"):
        verify(tmp_path)
