"""Evaluations: known replies get the scores they must get; reports, journals and the command work whole."""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxConfig
from tests.train.family import PROGRAMS, make_guesser
from tests.train.problems import ADD_TWO, DOUBLE, SUBMISSION, KnownGrader, doubling, fenced, printing
from tests.train.scripts import END, CharacterChat, fickle
from train.commands import EvalCommand
from train.environments.self_rlef import simulation_prompt
from train.evaluation.cruxeval import Problem, Side
from train.evaluation.cruxeval_run import evaluate_cruxeval
from train.evaluation.journal import JournalledEngine
from train.evaluation.output_prediction import Wording, evaluate_output_prediction, worded
from train.evaluation.player import Player
from train.evaluation.report import markdown, write_report
from train.evaluation.result import Result, ks
from train.evaluation.self_repair import evaluate_self_rlef
from train.evaluation.solving import evaluate_best_at_k, evaluate_solve
from train.rollouts.engine import Request, Sampling, generate
from train.rollouts.scripted import ScriptedEngine

GRADER = KnownGrader()


def player(says: Callable[[str, int], str]) -> Player:
    """A model that says `says(prompt, nth time it was asked that)`."""
    asked: dict[str, int] = {}

    def script(request: Request) -> tuple[int, ...]:
        prompt = "".join(map(chr, request.prompt))
        asked[prompt] = asked.get(prompt, -1) + 1
        return (*map(ord, says(prompt, asked[prompt])), END)

    return Player(ScriptedEngine(script), CharacterChat(), Sampling(max_tokens=4000))


def scores(result: Result) -> dict[str, float]:
    return {score.title: score.interval.mean for score in result.scores}


def test_output_prediction_counts_right_replies() -> None:
    rows = [printing(), printing("print(1)\n", "1\n", "one")]
    says = lambda prompt, nth: "<output>42</output>" if nth % 4 == 0 else "I do not know"  # noqa: E731
    result = evaluate_output_prediction(player(says), rows, 4)
    assert scores(result)["pass@1"] == pytest.approx(1 / 8)
    assert scores(result)["pass@4"] == pytest.approx(1 / 2)
    assert result.counts["ended unreadable"] == 6 and result.counts["ended wrong"] == 1


def test_a_row_can_be_worded_as_narrations_are() -> None:
    row = worded(PROGRAMS[0], "explain")
    assert "explain every step" in row.prompt and PROGRAMS[0].code in row.prompt
    assert worded(PROGRAMS[0], "predict") == PROGRAMS[0]


def test_solving_is_scored_by_hidden_tests_and_by_length() -> None:
    says = lambda prompt, nth: fenced(DOUBLE) + "x" * 50 if nth % 2 else fenced(ADD_TWO)  # noqa: E731
    result = evaluate_solve(player(says), GRADER, [doubling("a")], 4)
    assert scores(result)["pass@1"] == 0.5
    assert scores(result)["short1@4"] == 0.0


def test_best_at_k_chooses_by_simulation_and_by_execution() -> None:
    def says(prompt: str, nth: int) -> str:
        if prompt == doubling().prompt:
            return fenced([ADD_TWO, DOUBLE, "print(0)\n"][nth]) if nth < 3 else "no program"
        # Simulates ADD_TWO as passing both tests and DOUBLE as passing none: wrong on purpose.
        wanted = {simulation_prompt("stdin", ADD_TWO, "2\n"): "4", simulation_prompt("stdin", ADD_TWO, "5\n"): "10"}
        return f"<output>{wanted.get(prompt, 'nothing')}</output>"

    result = evaluate_best_at_k(player(says), GRADER, [doubling()], samples=4, predictions=2, threads=2)
    found = scores(result)
    assert found["best@4 exec"] == 1.0
    assert found["best@4 simulate"] == 0.0
    assert found["simulation gap@4"] == 1.0
    assert found["pass@1"] == found["best@1 exec"] == found["best@1 simulate"] == 0.25
    (problem,) = result.problems
    assert sorted(problem["executed"]) == [-1.0, 0.0, 1.0, 2.0]


def test_self_rlef_tells_fixed_from_broken() -> None:
    def says(prompt: str, nth: int) -> str:
        if "#SUBMIT" in prompt:
            return fenced(DOUBLE) if ADD_TWO in prompt else SUBMISSION
        return fenced(ADD_TWO) if prompt == doubling().prompt else "<output>7</output>"

    result = evaluate_self_rlef(
        player(says), GRADER, [doubling("a"), doubling("b")], 2, feedback="simulate", max_repairs=9, threads=2
    )
    assert result.counts["fixed"] == 4 and result.counts["broken"] == 0
    assert scores(result) == {"pass@1": 1.0, "pass@1 of first programs": 0.0, "gain": 1.0, "programs an episode": 2.0}


ADD = Problem("sample_0", "def f(a, b):\n    return a + b\n", "1, 2", "3")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig("process", slots=2)) as box:
        yield box


@pytest.mark.parametrize(
    ("side", "wording", "asked", "said"),
    [
        ("output", "predict", "between <output>", "<output>3</output>"),
        ("output", "explain", "explain every step", "1. It adds.\n\nassert f(1, 2) == 3"),
        ("input", "predict", "assert f(??) == 3", "<input>f(0, 3)</input>"),
    ],
)
def test_a_model_is_asked_cruxeval_and_scored_as_its_scorer_does(
    sandbox: Sandbox, side: Side, wording: Wording, asked: str, said: str
) -> None:
    def says(prompt: str, nth: int) -> str:
        assert asked in prompt and ADD.code in prompt
        return said if nth % 2 else "I do not know"

    result = evaluate_cruxeval(player(says), sandbox, [ADD], side, 4, wording=wording)
    assert result.task == f"cruxeval-{side[0]}"
    assert scores(result) == {"pass@1": 0.5, "pass@2": pytest.approx(5 / 6), "pass@4": 1.0}


def test_the_command_plays_as_the_paper_does_unless_told_otherwise() -> None:
    parser = argparse.ArgumentParser()
    EvalCommand.add_arguments(parser)
    args = parser.parse_args(["self-rlef", "--data", "d", "--output", "o"])
    assert (args.max_repairs, args.feedback, args.predictions, args.top_p) == (9, "simulate", 5, 0.95)


def test_scores_are_given_for_all_numbers_of_samples_that_there_are() -> None:
    assert ks(1) == [1]
    assert ks(20) == [1, 2, 5, 10, 20]
    assert ks(7) == [1, 2, 5, 7]


def test_a_report_is_json_markdown_a_plot_and_transcripts(tmp_path: Path) -> None:
    says = lambda prompt, nth: "<output>42</output>"  # noqa: E731
    result = evaluate_output_prediction(player(says), [printing()], 3)
    write_report(tmp_path, result, {"model": "scripted"})
    read = json.loads((tmp_path / "result.json").read_text())
    assert read["scores"]["pass@1"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert "| pass@3 | 100.0% | 100.0% to 100.0% |" in (tmp_path / "report.md").read_text()
    assert "| model | scripted |" in markdown(result, {"model": "scripted"})
    assert (tmp_path / "scores.png").read_bytes().startswith(b"\x89PNG")
    assert "print(6 * 7)" in (tmp_path / "transcripts" / "step-0.html").read_text()


def test_a_journal_asks_nothing_twice_and_survives_a_torn_line(tmp_path: Path) -> None:
    requests = [Request(str(number), (number,), Sampling(max_tokens=50), number) for number in range(6)]
    path = tmp_path / "replies.jsonl"
    first = JournalledEngine(ScriptedEngine(fickle), path)
    said = [sample.tokens for sample in generate(first, requests[:4])]
    first.close()
    with path.open("a") as file:
        file.write('{"request": "torn')
    inner = ScriptedEngine(fickle)
    again = JournalledEngine(inner, path)
    assert [sample.tokens for sample in generate(again, requests)][:4] == said
    assert [request.key for request in inner.seen] == ["4", "5"]
    again.close()
    assert len(path.read_text().splitlines()) == 6


def run_eval(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    EvalCommand.add_arguments(parser)
    return EvalCommand.run(parser.parse_args(arguments))


@pytest.fixture(scope="module")
def guesser(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Corpus and model."""
    return make_guesser(tmp_path_factory.mktemp("guesser"))


def test_the_command_evaluates_a_model_and_goes_on_where_it_stopped(
    guesser: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, model = guesser
    arguments = [
        *("output-prediction", "--model", str(model), "--data", str(corpus), "--split", "train"),
        *("--output", str(tmp_path / "eval"), "--engine", "transformers", "--samples", "4", "--limit", "10"),
        *("--max-tokens", "12", "--context-length", "256", "--top-p", "1", "--json"),
    ]
    assert run_eval(*arguments) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert 0 < first["scores"]["pass@4"]["mean"] <= 1
    replies = (tmp_path / "eval" / "replies.jsonl").read_text()
    assert len(replies.splitlines()) == 40
    assert run_eval(*arguments) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == first
    assert (tmp_path / "eval" / "replies.jsonl").read_text() == replies
    assert run_eval(*arguments, "--seed", "1") == 2
    assert "seed differ" in capsys.readouterr().err


def test_the_command_scores_published_generations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"id": f"sample_{n}", "code": "def f(a):\n    return a + 1", "input": str(n), "output": str(n + 1)}
        for n in (0, 1)
    ]
    data, generations = tmp_path / "cruxeval.jsonl", tmp_path / "generations.json"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    generations.write_text(json.dumps({"sample_0": ["1", "2"], "sample_1": ["f(1)", "3"]}))
    arguments = ["--data", str(data), "--generations", str(generations), "--output", str(tmp_path / "out"), "--json"]
    assert run_eval("cruxeval-o", *arguments) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["scores"]["pass@1"]["mean"] == 0.25
    assert "temperature" not in (tmp_path / "out" / "report.md").read_text()


def test_the_command_names_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_eval("solve", "--data", str(tmp_path / "none"), "--output", str(tmp_path / "out"), "--model", "m") == 2
    assert "no file matches" in capsys.readouterr().err


def test_a_command_that_failed_before_any_reply_may_be_mended(
    guesser: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, model = guesser
    arguments = [
        *("output-prediction", "--model", str(model), "--split", "train", "--output", str(tmp_path / "out")),
        *("--engine", "transformers", "--limit", "1", "--max-tokens", "12", "--context-length", "256"),
    ]
    assert run_eval(*arguments, "--data", str(tmp_path / "none")) == 2
    assert run_eval(*arguments, "--data", str(corpus)) == 0


def test_a_report_names_what_the_result_depends_on_and_nothing_else(guesser: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, model = guesser
    arguments = [
        *("output-prediction", "--model", str(model), "--data", str(corpus), "--split", "train", "--limit", "1"),
        *("--output", str(tmp_path / "out"), "--engine", "transformers", "--max-tokens", "12"),
        *("--context-length", "256"),
    ]
    assert run_eval(*arguments) == 0
    report = (tmp_path / "out" / "report.md").read_text()
    assert "| split | train |" in report and "| temperature | 1.0 |" in report
    assert "max_repairs" not in report and "generations" not in report
