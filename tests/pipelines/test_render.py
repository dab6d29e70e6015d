"""What rendering promises: the same prose from stored traces as from the build, and no program run."""

import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines import cli
from pipelines.build_command import build
from pipelines.exit_codes import DONE, USAGE
from pipelines.manifest import read_manifest
from pipelines.options import BuildOptions
from pipelines.render import RenderError, render
from pipelines.tokens import token_counter
from pipelines.verify import verify
from schemas.question import QUESTION_CONFIGS
from tests.pipelines.corpora import stdin_row, varied_rows, write_rows


def rows(corpus: Path, config: str) -> list[dict[str, Any]]:
    return [row for path in sorted((corpus / config).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def contents(corpus: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(corpus.glob("*/*.parquet"))}


OPTIONS = BuildOptions(())
BRANCHES = """\
queue = list(map(int, input().split()))
big = 0
while queue:
    x = queue.pop(0)
    if x > 4:
        big += 1
    elif x % 2:
        queue.append(x + 5)
print(big)
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Loops, branches and calls."""
    folder = tmp_path_factory.mktemp("rendered")
    tests = [{"input": "3 1 4 1 5 9 2 6\n", "expected": "6"}, {"input": "7\n", "expected": "1"}]
    more = [stdin_row(f"branches-{n}", code=f"{BRANCHES}print({n})\n", tests=tests) for n in range(4)]
    source = write_rows(folder / "rows.jsonl", *varied_rows(6), *more)
    build(BuildOptions((source,)), folder / "corpus", workers=1)
    return folder / "corpus"


@pytest.fixture(scope="module")
def told(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus in all styles, with all side tasks."""
    output = tmp_path_factory.mktemp("told")
    options = BuildOptions((), styles=("steps", "blocks", "story", "state"), side_tasks=QUESTION_CONFIGS)
    render(corpus, output, options)
    return output


def test_the_same_options_give_the_rows_of_the_build(corpus: Path, tmp_path: Path) -> None:
    render(corpus, tmp_path / "again", OPTIONS)
    built = {row["trace_id"]: row for row in rows(corpus, "nlex")}
    again = {row["trace_id"]: row for row in rows(tmp_path / "again", "nlex")}
    assert again.keys() == built.keys()
    for trace_id, row in again.items():
        assert row["messages"] == built[trace_id]["messages"]
        assert row["judgement"] == built[trace_id]["judgement"]


def test_no_sandbox_is_opened(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    monkeypatch.setenv("PATH", os.defpath)
    manifest = render(corpus, tmp_path / "again", OPTIONS)
    assert sum(manifest["counts"]["nlex"].values()) == len(rows(corpus, "nlex"))


def test_every_style_is_one_example_of_each_execution(told: Path) -> None:
    found = rows(told, "nlex")
    by_style = {style: {row["trace_id"] for row in found if row["style"] == style} for style in ("steps", "state")}
    assert by_style["steps"] == by_style["state"]
    assert len({row["id"] for row in found}) == len(found) == 4 * len(by_style["steps"])


def test_what_was_rendered_verifies(told: Path) -> None:
    report = verify(told)
    assert report.findings == []
    assert report.claims > 0


def test_side_tasks_are_configs_of_their_own(told: Path) -> None:
    assert all(rows(told, config) for config in QUESTION_CONFIGS)
    assert {row["task"] for row in rows(told, "branch")} == {"branch"}


@pytest.mark.parametrize("config", QUESTION_CONFIGS)
def test_a_false_answer_of_a_side_task_is_found(told: Path, tmp_path: Path, config: str) -> None:
    damaged = tmp_path / "damaged"
    for folder in ("traces", config):
        (damaged / folder).mkdir(parents=True)
        for path in (told / folder).iterdir():
            (damaged / folder / path.name).write_bytes(path.read_bytes())
    for name in ("manifest.json", "README.md"):
        (damaged / name).write_bytes((told / name).read_bytes())
    path = min((damaged / config).iterdir())
    table = pq.read_table(path)
    answers = table.column("answer").to_pylist()
    answers[0] = answers[0].replace("true", "fals") + "9"
    index = table.schema.get_field_index("answer")
    pq.write_table(table.set_column(index, table.schema.field(index), [answers]), path)
    first = table.column("id")[0].as_py()
    assert any(found.row == first for found in verify(damaged).findings if found.config == config)


def test_a_budget_is_kept_by_every_row(corpus: Path, tmp_path: Path) -> None:
    whole = sorted(row["tokens"] for row in rows(corpus, "nlex"))
    budget = whole[len(whole) * 3 // 4]
    render(corpus, tmp_path / "short", BuildOptions((), max_tokens=budget))
    found = rows(tmp_path / "short", "nlex")
    assert found and all(row["tokens"] <= budget for row in found)
    reasons = read_manifest(tmp_path / "short")["rejects"]
    assert len(found) + reasons.get("narrate/over_budget", 0) == len(rows(corpus, "nlex"))


def test_tokens_are_those_of_the_messages(told: Path) -> None:
    count = token_counter()
    for row in rows(told, "nlex")[:20]:
        user, assistant = (message["content"] for message in row["messages"])
        assert row["told_tokens"] == count(assistant)
        assert row["tokens"] == count(user) + count(assistant)


def test_a_second_rendering_gives_the_same_bytes_from_its_parts(corpus: Path, tmp_path: Path) -> None:
    render(corpus, tmp_path / "one", OPTIONS)
    first = contents(tmp_path / "one")
    parts = sorted((tmp_path / "one" / ".parts" / "prose").iterdir())
    times = [path.stat().st_mtime_ns for path in parts]
    render(corpus / "traces", tmp_path / "one", OPTIONS)
    assert contents(tmp_path / "one") == first
    assert [path.stat().st_mtime_ns for path in parts] == times


def test_more_workers_give_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    render(corpus, tmp_path / "one", OPTIONS)
    render(corpus, tmp_path / "two", OPTIONS, workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_traces_themselves_are_not_overwritten(corpus: Path) -> None:
    with pytest.raises(RenderError, match="another folder"):
        render(corpus / "traces", corpus, OPTIONS)


def test_a_folder_without_traces_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", str(tmp_path), "--output", str(tmp_path / "out")]) == USAGE
    assert "holds no traces" in capsys.readouterr().err


def test_the_command_renders(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["render", str(corpus), "--output", str(tmp_path / "out"), "--styles", "story", "--json"]
    assert cli.main([*arguments, "--workers", "1"]) == DONE
    assert '"examples":' in capsys.readouterr().out
    assert {row["style"] for row in rows(tmp_path / "out", "nlex")} == {"story"}
