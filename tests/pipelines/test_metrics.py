"""What a build tells of itself: every input accounted for, the same totals everywhere, a log that names its subject."""

import json
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.balance import balance_table, to_account_for, unaccounted
from pipelines.build_command import build
from pipelines.cli import main
from pipelines.finish import TooManyRejects
from pipelines.manifest import CARD, MANIFEST, read_manifest
from pipelines.measures import METRICS, STAGES, Measures
from pipelines.options import BuildOptions
from pipelines.parts import PARTS_FOLDER, Workspace
from pipelines.plan import make_plan
from pipelines.progress import Progress
from pipelines.unit import Task, part_key
from pipelines.unit_fn import RunUnit
from tests.pipelines.corpora import stdin_row, varied_rows, write_rows
from tests.pipelines.reading import rows

BAD = "x = int(input())\nprint(hash(str(x)))\n"
DOCUMENT = Path(__file__).parents[2] / "pipelines" / "dataflow" / "README.md"


def log_of(corpus: Path) -> list[dict[str, Any]]:
    """The lines of a build's log."""
    return [json.loads(line) for line in (corpus / PARTS_FOLDER / "log.jsonl").read_text().splitlines()]


def test_what_comes_in_is_told_or_a_reject_with_a_reason(corpus: Path) -> None:
    executions = read_manifest(corpus)["executions"]
    assert unaccounted(executions) == 0
    assert to_account_for(executions) == executions["told"] + sum(executions["rejects"].values())
    assert executions["told"] == len({row["id"].partition("@")[0] for row in rows(corpus, "nlex")})
    assert sum(executions["rejects"].values()) == len(rows(corpus, "rejects"))


def test_several_styles_tell_an_execution_once_in_the_balance(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "rows.jsonl", *varied_rows(6))
    options = BuildOptions((source,), sandbox="process", styles=("steps", "story"))
    executions = build(options, tmp_path / "out")["executions"]
    assert unaccounted(executions) == 0
    assert executions["examples"] == 2 * executions["told"] == 2 * executions["inputs"]


def test_a_loss_is_said() -> None:
    lossy = {"inputs": 3, "made": 0, "rows_unread": 0, "rows_without_input": 0, "told": 2, "rejects": {}}
    assert unaccounted(lossy) == 1
    assert "NOT ACCOUNTED FOR" in balance_table(lossy)


def test_manifest_metrics_and_shards_have_the_same_totals(corpus: Path) -> None:
    executions = read_manifest(corpus)["executions"]
    metrics = json.loads((corpus / "metrics.json").read_text())
    for name in ("executions", "examples", "events", "tokens", "verdicts", "told", "made"):
        assert metrics[name] == executions[name]
    examples = rows(corpus, "nlex")
    assert executions["examples"] == len(examples)
    assert executions["tokens"] == sum(row["tokens"] for row in examples)
    assert executions["verdicts"]["cpu_limit"] == 1
    assert f"{executions['tokens']:,}" in (corpus / CARD).read_text()


def test_each_stage_has_its_seconds(corpus: Path) -> None:
    stages = json.loads((corpus / "metrics.json").read_text())["stages"]
    assert tuple(stages) == STAGES
    assert all(seconds > 0 for seconds in stages.values())


def test_the_progress_bar_shows_the_same_totals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_rows(tmp_path / "rows.jsonl", *varied_rows(8))
    manifest = build(BuildOptions((source,), sandbox="process"), tmp_path / "out")
    executions = manifest["executions"]
    shown = capsys.readouterr().err.split("\r")[-1]
    assert f"{executions['examples']} examples" in shown
    assert f"{executions['tokens']} tokens" in shown


def test_beam_counts_what_the_units_measure(tmp_path: Path) -> None:
    options = BuildOptions((write_rows(tmp_path / "rows.jsonl", *varied_rows(4)),), sandbox="process")
    workspace = Workspace(tmp_path / "out")
    workspace.make()
    units = make_plan(options, workspace).units
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))
    tasks = [Task(unit, part_key(unit, options)) for unit in units]
    pipeline | beam.Create(tasks) | beam.ParDo(RunUnit(options, workspace.output, 0))
    found = pipeline.run().metrics().query()["counters"]
    counters = {each.key.metric.name: each.committed for each in found if each.key.metric.namespace == "nlex"}
    executions = sum(unit.executions for unit in units)
    assert counters["executions"] == counters["verdicts.ok"] == counters["told"] == executions
    assert {name.partition(".")[0] for name in counters} <= {*METRICS, "milliseconds"}


def test_every_metric_is_documented() -> None:
    text = DOCUMENT.read_text()
    assert set(METRICS) == set(vars(Measures()))
    for name, meaning in METRICS.items():
        assert f"| `{name}` | {meaning} |" in text


def test_the_log_names_unit_problem_and_execution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any, **named: Any) -> None:
        raise ZeroDivisionError("made to fail")

    monkeypatch.setattr("pipelines.tell.check", broken)
    source = write_rows(tmp_path / "rows.jsonl", stdin_row("a", problem="sums"))
    build(BuildOptions((source,), sandbox="process"), tmp_path / "out")
    lines = {line["event"]: line for line in log_of(tmp_path / "out")}
    fault = lines["internal_error"]
    assert (fault["level"], fault["unit"], fault["problem"], fault["execution"]) == ("ERROR", "b", "sums", "a/0")
    assert "made to fail" in fault["error"]
    assert lines["unit_done"]["rejects"] == {"check/internal_error": 1}


def rejecting(folder: Path, number: int) -> str:
    """A source of which two thirds are rejects."""
    programs = [
        stdin_row(f"bad-{n}", BAD + f"x = {n}\n", [{"input": "5\n", "expected": ""}]) for n in range(2 * number)
    ]
    good = [stdin_row(f"good-{n}", f"print({n})\n") for n in range(number)]
    return write_rows(folder / "rows.jsonl", *programs, *good)


def test_a_build_of_too_many_rejects_writes_no_shard(tmp_path: Path) -> None:
    options = BuildOptions((rejecting(tmp_path, 2),), sandbox="process")
    with pytest.raises(TooManyRejects, match=r"66\.7% of all are rejects, more than the 50\.0% allowed"):
        build(options, tmp_path / "out", max_reject_rate=0.5)
    assert not (tmp_path / "out" / MANIFEST).exists()
    build(options, tmp_path / "out", max_reject_rate=0.7)
    assert (tmp_path / "out" / MANIFEST).exists()


def test_the_command_ends_with_1_at_too_many_rejects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["build", rejecting(tmp_path, 2), "--output", str(tmp_path / "out"), "--sandbox", "process"]
    assert main([*arguments, "--workers", "1", "--max-reject-rate", "0.5"]) == 1
    assert "reject sandbox/nondeterministic" in capsys.readouterr().err


def test_too_many_rejects_are_noticed_while_a_build_runs(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.make()
    part = workspace.prose("b", "key")
    seen: list[Measures] = []
    measures = Measures(executions=200, told=20)
    measures.rejects["sandbox/timeout"] = 180
    part.with_suffix(".json").write_bytes(measures.to_bytes())
    part.touch()
    options = BuildOptions((write_rows(tmp_path / "rows.jsonl", *varied_rows(2)),))
    (unit,) = make_plan(options, workspace).units
    with Progress({part: unit}, 0.5, seen.append):
        pass
    assert seen
    assert seen[0].reject_rate == pytest.approx(0.9)
