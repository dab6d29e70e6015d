"""The command line: help that helps, exit codes that mean what they say."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli import main
from tests.pipelines.corpora import DOUBLE, SUM, stdin_row, write_rows
from tests.templates.plain_style import plain_style


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "sum.py"
    path.write_text(SUM)
    (tmp_path / "in.txt").write_text("2\n3\n")
    return path


@pytest.mark.parametrize("command", ["build", "trace", "verify"])
def test_help_of_a_command_has_a_description_and_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert "examples:" in said
    assert f"nlex {command}" in said


def test_help_imports_nothing_heavy() -> None:
    asked = "import sys; from pipelines.cli import make_parser; make_parser(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert not {"apache_beam", "pyarrow", "datasets", "libcst", "jinja2", "docker"} & set(loaded)


@pytest.mark.parametrize(
    "arguments",
    [[], ["build"], ["build", "jsonl:x", "--output", "y", "--workers", "0"], ["verify", "x", "--", "--runner=x"]],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize("source", ["jsonl:/nowhere/*.jsonl", "parquet:x", "x.jsonl"])
def test_a_source_that_is_not_there_ends_with_2(source: str, tmp_path: Path) -> None:
    assert main(["build", source, "--output", str(tmp_path / "out")]) == 2


def test_no_docker_engine_ends_with_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    source = write_rows(tmp_path / "rows.jsonl", stdin_row("a"))
    assert main(["build", source, "--output", str(tmp_path / "out"), "--workers", "1"]) == 3
    assert "Docker" in capsys.readouterr().err


def test_build_ends_with_a_table_and_one_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_rows(tmp_path / "rows.jsonl", stdin_row("a"), stdin_row("b", code="print 1"))
    assert main(["build", source, "--output", str(tmp_path / "out"), "--workers", "1", "--json"]) == 0
    said = capsys.readouterr().out
    assert "read/python2" in said
    last = json.loads(said.splitlines()[-1])
    assert (last["rows"], last["examples"], last["rejects"]) == (1, 1, {"read/python2": 1})
    assert main(["verify", str(tmp_path / "out"), "--rerun", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["problems"] == 0


def test_verify_ends_with_1_where_something_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_rows(tmp_path / "rows.jsonl", stdin_row("a", code="print 1"))
    output = tmp_path / "out"
    assert main(["build", source, "--output", str(output), "--workers", "1"]) == 0
    (output / "README.md").write_text("mine")
    assert main(["verify", str(output)]) == 1
    assert "README.md" in capsys.readouterr().out


def test_a_build_in_a_folder_where_another_is_at_work_ends_with_3(tmp_path: Path) -> None:
    import fcntl

    parts = tmp_path / "out" / ".parts"
    parts.mkdir(parents=True)
    source = write_rows(tmp_path / "rows.jsonl", stdin_row("a"))
    with (parts / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["build", source, "--output", str(tmp_path / "out")]) == 3


def test_trace_tells_a_script_in_prose(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", str(program), "--stdin", str(program.with_name("in.txt"))]) == 0
    said = capsys.readouterr().out
    assert said.endswith("<output>5\n</output>\n")
    assert re.search(r"Line 2: .*`b`.*`3`", said)


def test_trace_tells_a_script_in_the_style_of_a_folder(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["trace", str(program), "--stdin", str(program.with_name("in.txt"))]
    assert main([*given, "--style", plain_style()]) == 0
    assert "Line 2: Read line 2 of the input: `'3\\n'`. `b` becomes `int(input())`" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([*given, "--style", "verse"])
    assert "no style verse" in capsys.readouterr().err


@pytest.mark.parametrize("probe", ["none", "branches", "full"])
def test_trace_tells_the_truth_with_any_sub_expressions(
    probe: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prog.py"
    path.write_text("best = 0\nfor x in [3, 1, 2]:\n    if x > best and x != 2:\n        best = x + 1\nprint(best)\n")
    assert main(["trace", str(path), "--probe", probe]) == 0
    assert ("`3 > 0 and 3 != 2`" in capsys.readouterr().out) is (probe == "full")


def test_trace_prints_the_whole_trace_as_json(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", str(program), "--stdin", str(program.with_name("in.txt")), "--format", "json"]) == 0
    trace = json.loads(capsys.readouterr().out)
    assert trace["mark"] == "end"
    assert [event["event"] for event in trace["events"]] == ["line", "line", "line", "return"]
    assert {"change": "bind", "frame": 0, "name": "a", "value": 2} in trace["events"][1]["changes"]


def test_the_json_holds_what_comprehensions_evaluate_and_what_is_cut_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "many.py").write_text("print(len({x % 2 for x in range(1000)}))\n")
    assert main(["trace", str(tmp_path / "many.py"), "--format", "json"]) == 0
    changes = json.loads(capsys.readouterr().out)["events"][-1]["changes"]
    inner = [change for change in changes if change["change"] in ("inner", "cut")]
    assert inner[2:4] == [
        {"change": "inner", "span": [1, 21, 1, 22], "value": 1},
        {"change": "inner", "span": [1, 11, 1, 16], "value": 1},
    ]
    assert inner[-1] == {"change": "cut", "count": 1000}


def test_trace_prints_cwm_frames_of_a_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lib.py").write_text(DOUBLE)
    assert main(["trace", str(tmp_path / "lib.py"), "--call", "f(4)", "--format", "cwm"]) == 0
    assert "<|frame_sep|>" in capsys.readouterr().out


@pytest.mark.parametrize(("said", "code"), [("It returns `448353`.", 0), ("It returns `448354`.", 1)])
def test_trace_holds_an_explanation_against_the_run(
    said: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.py").write_text("def f(a, b):\n    return a * b\n")
    (tmp_path / "said.txt").write_text(said)
    check = ["--check", str(tmp_path / "said.txt")]
    assert main(["trace", str(tmp_path / "p.py"), "--call", "f(4821, 93)", "--sandbox", "process", *check]) == code
    assert ("false, sentence 1" in capsys.readouterr().out) is bool(code)


def test_trace_works_a_long_product_out_digit_by_digit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.py").write_text("def f(a, b):\n    return a * b\n")
    assert main(["trace", str(tmp_path / "p.py"), "--call", "f(4821, 93)", "--sandbox", "process", "--digits"]) == 0
    assert "`4821 * 90 + 4821 * 3` = `433890 + 14463`" in capsys.readouterr().out


def test_trace_of_a_run_that_cannot_be_told_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "long.py").write_text("for i in range(100):\n    pass\n")
    assert main(["trace", str(tmp_path / "long.py"), "--max-events", "10"]) == 1
    assert "events" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "call"), [("print 1", None), ("x = 1", "f(")])
def test_trace_of_what_is_no_program_ends_with_2(text: str, call: str | None, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(text)
    assert main(["trace", str(tmp_path / "bad.py"), *(["--call", call] if call else [])]) == 2
