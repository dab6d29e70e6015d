"""CRUXEval: its rows are read as they are, and verdicts are those of its own scorer."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxConfig
from train.evaluation.cruxeval import (
    NotCruxeval,
    Problem,
    Side,
    generation_of,
    read_generations,
    read_problems,
    score,
)
from train.evaluation.estimators import pass_at_k

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SCORES = DATA / "scores" / "cruxeval_output_codellama7b.json"
ADD = Problem("sample_0", "def f(a, b):\n    return a + b\n", "1, 2", "3")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig(slots=2)) as box:
        yield box


def test_native_rows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "cruxeval.jsonl"
    path.write_text(json.dumps({"code": ADD.code, "input": "1, 2", "output": "3", "id": "sample_0"}) + "\n")
    assert read_problems(path) == [ADD]


def test_rows_of_our_own_format_are_read() -> None:
    problems = read_problems(DATA / "func_cruxeval.jsonl")
    assert len(problems) == 404
    assert problems[0] == Problem("cruxeval_1", problems[0].code, "(1, ), (1, ), (1, 2)", "{1: None, 2: None}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"code": "", "input": "", "id": "a"}', r":1: no field 'output'"),
        ("{", r":1: not JSON"),
        ("", "no rows"),
        ('{"id": "a", "code": "", "calls": []}', "one call a row"),
    ],
)
def test_what_is_no_cruxeval_is_refused_with_file_row_and_field(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with pytest.raises(NotCruxeval, match=message):
        read_problems(path)


def test_generations_must_cover_every_problem(tmp_path: Path) -> None:
    path = tmp_path / "generations.json"
    path.write_text('{"sample_1": ["3"]}')
    with pytest.raises(NotCruxeval, match="sample_0"):
        read_generations(path, [ADD])


def test_published_verdicts_are_reproduced_exactly(sandbox: Sandbox) -> None:
    published = json.loads(SCORES.read_text())
    problems = read_problems(DATA / "func_cruxeval.jsonl")
    generations = read_generations(SCORES, problems)
    verdicts = {}
    with ThreadPoolExecutor(4) as pool:
        for problem in problems:
            texts = generations[problem.id]
            distinct = sorted(set(texts))
            known = dict(
                zip(distinct, pool.map(lambda text: score(sandbox, problem, text, "output"), distinct), strict=True)  # noqa: B023
            )
            verdicts[f"sample_{problem.id.rpartition('_')[2]}"] = [known[text] for text in texts]
    assert verdicts == published["raw_scored_generations"]
    passes = [pass_at_k(len(row), sum(row), 1) for row in verdicts.values()]
    assert abs(100 * sum(passes) / len(passes) - published["pass_at_1_here_percent"]) < 1e-9


@pytest.mark.parametrize(
    ("generation", "right"),
    [
        ("3", True),
        ("1 + 2", True),
        ("4", False),
        ("f(1, 2)", False),
        ("f(2, 1)", True),
        ("3 or exit()", True),
        ("exit()", False),
        ("__import__('os')._exit(0)", False),
        ("3 # a comment", True),
        ("'unclosed", False),
        ("3, 'a message'", True),
        ("\ud800", False),
        ("", False),
    ],
)
def test_the_output_side_is_scored_by_the_assertion(sandbox: Sandbox, generation: str, right: bool) -> None:
    assert score(sandbox, ADD, generation, "output") == right


@pytest.mark.parametrize("side", ["output", "input"])
def test_a_hostile_generation_touches_nothing(sandbox: Sandbox, tmp_path: Path, side: Side) -> None:
    target = tmp_path / "touched"
    assert not score(sandbox, ADD, f"f(0, 3) and open({str(target)!r}, 'w').write('x')", side)
    assert not target.exists()


@pytest.mark.parametrize(("generation", "right"), [("f(0, 3)", True), ("f(1, 1)", False), ("3", False), ("", False)])
def test_the_input_side_needs_a_call_that_gives_the_output(sandbox: Sandbox, generation: str, right: bool) -> None:
    assert score(sandbox, ADD, generation, "input") == right


@pytest.mark.parametrize(
    ("side", "reply", "generation"),
    [
        ("output", "so <output>3</output>", "3"),
        ("output", "1. It adds.\n\nassert f(1, 2) == 3", "3"),
        ("output", "three", ""),
        ("input", "<input>f(0, 3)</input>", "f(0, 3)"),
        ("input", "<input>f(9, 9)</input> no, <input>\nassert f(0, 3) == 3\n</input>", "f(0, 3)"),
        ("input", "f(0, 3)", ""),
    ],
)
def test_what_a_reply_offers_for_scoring(side: str, reply: str, generation: str) -> None:
    assert generation_of(ADD, reply, "output" if side == "output" else "input") == generation
