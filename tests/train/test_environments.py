"""Environments: what is asked, what may be seen, and what is rewarded, apart from any model."""

import ast
import dataclasses
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import train.environments
from sandbox import Sandbox, SandboxConfig
from schemas.solve import SolveRow, TestRow
from tests.train.problems import ADD_TWO, DOUBLE, SUBMISSION, KnownGrader, calling, doubling, fenced, printing
from train.environments import OutputPrediction, Reply, SelfRlef, Situation, Solve
from train.environments.answers import final_program, is_submission, predicted_output, predicted_value
from train.environments.grading import SandboxGrader
from train.environments.self_rlef import Attempt, simulation_prompt
from train.evaluation.cruxeval import Problem, score

GRADER = KnownGrader()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig(slots=2)) as box:
        yield box


def replies(*texts: str) -> list[Reply]:
    return [Reply(text) for text in texts]


@pytest.mark.parametrize(
    ("reply", "output"),
    [
        ("so <output>42</output>", "42"),
        ("<output>\n1\n2\n</output>", "1\n2\n"),
        ("first <output>1</output>, no: <output>2</output>", "2"),
        ("<output>1</output> <output>2", "1"),
        ("<output></output>", ""),
        ("the output is 42", None),
        ("</output><output>", None),
    ],
)
def test_a_predicted_output_is_what_the_last_closed_tags_hold(reply: str, output: str | None) -> None:
    assert predicted_output(reply) == output


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("<output>[1, 2]</output>", "[1, 2]"),
        ("<output>assert f(1) == [1]</output>", "[1]"),
        ("1. It returns.\n\nassert f(1) == {'a': 1}", "{'a': 1}"),
        ("assert f(2) == 3", None),
        ("it is 3", None),
    ],
)
def test_a_predicted_value_stands_in_tags_or_in_the_final_assertion(reply: str, value: str | None) -> None:
    assert predicted_value(reply, "f(1)") == value


def test_the_final_program_is_the_last_fenced_block() -> None:
    assert final_program(f"{fenced(ADD_TWO)}\nBetter:\n{fenced(DOUBLE)}") == DOUBLE


@pytest.mark.parametrize(
    "reply", ["no code", "```json\n{}\n```", "```python\n```", SUBMISSION, "```python\nprint(1)\n"]
)
def test_a_reply_without_a_program_has_none(reply: str) -> None:
    assert final_program(reply) is None


def test_only_a_final_block_of_its_own_submits() -> None:
    assert is_submission(SUBMISSION)
    assert not is_submission("#SUBMIT")
    assert not is_submission(f"{SUBMISSION}\n{fenced(DOUBLE)}")
    assert not is_submission(fenced("#SUBMIT\nprint(1)\n"))


@pytest.mark.parametrize(
    ("text", "reward", "reason"),
    [
        ("<output>42</output>", 0.8, "right"),
        ("<output> 42.0000001 \n</output>", 0.8, "right"),
        ("<output>41</output>", -0.8, "wrong"),
        ("42", -0.8, "unreadable"),
    ],
)
def test_output_prediction_rewards_the_true_output_alone(text: str, reward: float, reason: str) -> None:
    environment = OutputPrediction(scale=0.8)
    ending = environment.step(environment.start(printing()), replies(text)).ending
    assert ending is not None
    assert (ending.reward, ending.reason) == (reward, reason)


def test_a_predicted_value_is_compared_as_a_literal() -> None:
    environment = OutputPrediction()
    row = calling("def f(n):\n    return {'a': n, 'b': 2.5}\n", "f(1)", "{'a': 1, 'b': 2.5}")
    ending = environment.step(environment.start(row), replies("<output>{'b': 2.5000001, 'a': 1}</output>")).ending
    assert ending is not None and ending.passed


@pytest.mark.parametrize(
    "text", ["__import__('os').system('true')", "-" * 150_000 + "1", "[" * 90_000, "9" * 190_000, "{[]: 1}"]
)
def test_a_predicted_value_is_never_run(text: str) -> None:
    environment = OutputPrediction()
    row = calling("def f(n):\n    return n\n", "f(0)", "0")
    ending = environment.step(environment.start(row), replies(f"<output>{text}</output>")).ending
    assert ending is not None and ending.reason == "wrong"


def test_a_reply_that_the_token_limit_cut_fails() -> None:
    environment = OutputPrediction()
    cut = [Reply("<output>42</output> and", finished=False)]
    ending = environment.step(environment.start(printing()), cut).ending
    assert ending is not None and (ending.reward, ending.reason) == (-1.0, "cut")


@pytest.mark.parametrize(("code", "reward"), [(DOUBLE, 1.0), (ADD_TWO, -1.0)])
def test_solve_rewards_the_hidden_tests(code: str, reward: float) -> None:
    environment = Solve(GRADER)
    ending = environment.step(environment.start(doubling()), replies(fenced(code))).ending
    assert ending is not None and ending.reward == reward


def test_solve_refuses_a_problem_without_hidden_tests() -> None:
    with pytest.raises(ValueError, match="no hidden tests"):
        Solve(GRADER).start(dataclasses.replace(doubling(), hidden_tests=()))


def test_solve_refuses_a_problem_whose_right_answers_differ() -> None:
    with pytest.raises(ValueError, match="custom checker"):
        Solve(GRADER).start(dataclasses.replace(doubling(), checker="custom"))


def test_in_training_true_outputs_are_fed_back_and_one_repair_is_allowed() -> None:
    environment = SelfRlef(GRADER, "execute", max_repairs=1)
    situation = environment.step(environment.start(doubling()), replies(fenced(ADD_TWO)))
    (ask,) = situation.asks
    assert ask.role == "revise"
    assert "Test 1 matches" in ask.prompt and "Test 2 differs" in ask.prompt and "7\n" in ask.prompt
    ending = environment.step(situation, replies(fenced(DOUBLE))).ending
    assert ending is not None
    assert ending.passed and ending.solutions == (ADD_TWO, DOUBLE)


def test_at_inference_the_model_simulates_each_public_test_separately() -> None:
    environment = SelfRlef(GRADER, "simulate", max_repairs=9)
    situation = environment.step(environment.start(doubling()), replies(fenced(ADD_TWO)))
    assert [(ask.role, ask.test) for ask in situation.asks] == [("simulate", 0), ("simulate", 1)]
    situation = environment.step(situation, replies("<output>4</output>", "I do not know"))
    (ask,) = situation.asks
    assert ask.role == "revise"
    assert "Test 1 matches" in ask.prompt and "output is not known" in ask.prompt


def test_a_submission_ends_the_episode_early_with_the_program_before_it() -> None:
    environment = SelfRlef(GRADER, "execute", max_repairs=9)
    situation = environment.step(environment.start(doubling()), replies(fenced(DOUBLE)))
    ending = environment.step(situation, replies(SUBMISSION)).ending
    assert ending is not None and ending.passed and ending.solutions == (DOUBLE,)


@pytest.mark.parametrize("max_repairs", [0, 1, 9])
def test_an_episode_writes_at_most_one_program_more_than_its_repairs(max_repairs: int) -> None:
    environment = SelfRlef(GRADER, "simulate", max_repairs)
    situation = environment.start(doubling())
    while situation.ending is None:
        said = "<output>0</output>" if situation.asks[0].role == "simulate" else fenced(ADD_TWO)
        situation = environment.step(situation, replies(*[said] * len(situation.asks)))
    assert len(situation.ending.solutions) == max_repairs + 1
    assert situation.ending.reward == -1.0


def test_a_revision_that_holds_neither_program_nor_submission_fails() -> None:
    environment = SelfRlef(GRADER, "execute")
    situation = environment.step(environment.start(doubling()), replies(fenced(DOUBLE)))
    ending = environment.step(situation, replies("It looks right to me.")).ending
    assert ending is not None and ending.reason == "unreadable"


SECRET = "expected-output-that-nobody-may-see"


def _secret_problem() -> SolveRow:
    public = (TestRow("2\n", f"{SECRET}-0\n"), TestRow("5\n", f"{SECRET}-1\n"))
    hidden = (TestRow("7\n", f"{SECRET}-2\n"),)
    return dataclasses.replace(doubling(), public_tests=public, hidden_tests=hidden)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([fenced(DOUBLE), fenced(ADD_TWO), "<output>4</output>", "", SUBMISSION]), max_size=40))
def test_a_simulate_prompt_never_holds_an_expected_output(said: list[str]) -> None:
    environment = SelfRlef(GRADER, "simulate", max_repairs=9)
    situation: Situation[Attempt] = environment.start(_secret_problem())
    for text in said:
        for ask in situation.asks:
            assert ask.role != "simulate" or SECRET not in ask.prompt
            assert f"{SECRET}-2" not in ask.prompt
        if situation.ending is not None:
            break
        situation = environment.step(situation, replies(*[text] * len(situation.asks)))


def test_a_simulate_prompt_depends_on_program_and_input_alone() -> None:
    environment = SelfRlef(GRADER, "simulate")
    prompts = []
    for expected in ("4\n", "something else\n"):
        row = dataclasses.replace(doubling(), public_tests=(TestRow("2\n", expected),))
        (ask,) = environment.step(environment.start(row), replies(fenced(DOUBLE))).asks
        prompts.append(ask.prompt)
    assert prompts[0] == prompts[1] == simulation_prompt("stdin", DOUBLE, "2\n")


def test_the_same_replies_lead_to_the_same_situation() -> None:
    environment = SelfRlef(GRADER, "simulate")
    first, second = (environment.step(environment.start(doubling()), replies(fenced(ADD_TWO))) for _ in range(2))
    assert first == second


def test_a_situation_asks_or_has_ended() -> None:
    with pytest.raises(ValueError, match="asks or has ended"):
        Situation(None)


def test_the_sandbox_grades_true_programs(sandbox: Sandbox) -> None:
    grader, row = SandboxGrader(sandbox), doubling()
    assert grader.passes(row, DOUBLE, row.hidden_tests)
    assert not grader.passes(row, ADD_TWO, row.hidden_tests)
    assert [result.passed for result in grader.run(row, ADD_TWO, row.public_tests)] == [True, False]
    verdicts = [
        grader.run(row, code, row.public_tests[:1])[0].verdict for code in ("print(", "1/0", "while True: pass")
    ]
    assert verdicts == ["compile_error", "runtime_error", "cpu_limit"]


def test_a_hostile_program_earns_nothing_and_touches_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    target = tmp_path / "touched"
    hostile = [
        f"open({str(target)!r}, 'w').write('x')\nprint(14)\n",
        "import os\nos.kill(-1, 9)\n",
        "import os\nprint(14, flush=True)\nos._exit(1)\n",
        "import socket\nsocket.create_connection(('1.1.1.1', 53), 1)\n",
        "import sys\nsys.stdout = None\n",
    ]
    environment = Solve(SandboxGrader(sandbox))
    for code in hostile:
        ending = environment.step(environment.start(doubling()), replies(fenced(code))).ending
        assert ending is not None and not ending.passed, code
    assert not target.exists()


RUNNERS = {"exec", "eval", "compile", "__import__", "import_module", "system", "popen", "Popen", "run_path"}
MODULES = {"subprocess", "multiprocessing", "runpy", "importlib", "code", "pickle", "marshal", "ctypes"}


def runs_code(node: ast.AST) -> bool:
    """Whether a piece of source names a way to run what is text, or a module that has one."""
    if isinstance(node, ast.Call):
        # A model's modules have methods `compile` and `eval`, which take no text.
        method = isinstance(node.func, ast.Attribute) and node.func.attr in RUNNERS - {"compile", "eval"}
        return method or (isinstance(node.func, ast.Name) and node.func.id in RUNNERS)
    if isinstance(node, ast.Import):
        return any(name.name.partition(".")[0] in MODULES for name in node.names)
    if isinstance(node, ast.ImportFrom):
        names = {name.name for name in node.names}
        return (node.module or "").partition(".")[0] in MODULES and names != {"find_spec"}
    return False


@pytest.mark.parametrize(
    "source",
    [*("exec(a)", "os.system(a)", "import runpy", "from subprocess import run", "b.import_module(a)", "import pickle")],
)
def test_ways_to_run_code_are_known(source: str) -> None:
    assert any(map(runs_code, ast.walk(ast.parse(source))))


def test_no_module_of_train_runs_code_itself() -> None:
    offenders = [
        f"{path.name}:{getattr(node, 'lineno', 0)}"
        for path in Path(train.environments.__file__).parents[1].rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if runs_code(node)
    ]
    assert offenders == []


MARK = "a-constant-of-hostile-output"
HELD: list[str] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    """Keeps what this process runs of code that holds the mark."""
    if event == "exec" and isinstance(arguments[0], types.CodeType) and MARK in repr(arguments[0].co_consts):
        HELD.append(event)


def test_hostile_output_is_never_run_by_this_process(sandbox: Sandbox) -> None:
    grader, row = SandboxGrader(sandbox), doubling()
    program = f"seen = {MARK!r}\nprint(int(input()) * 2)\n"
    sys.addaudithook(_hear)
    exec(compile(program.partition("\n")[0], "<here>", "exec"), {})
    assert HELD == ["exec"], "the hook hears what runs here"
    for environment, repaired in ((Solve(grader), False), (SelfRlef(grader, "execute", 1), True)):
        situation = environment.step(environment.start(row), replies(fenced(program)))
        if repaired:
            situation = environment.step(situation, replies(fenced(program)))
        assert situation.ending is not None and situation.ending.passed
    value = f"[{MARK!r}, 3][1]"
    call = calling("def f(n):\n    return n\n", "f(3)", "3")
    prediction = OutputPrediction()
    ending = prediction.step(prediction.start(call), replies(f"<output>{value}</output>")).ending
    assert ending is not None and not ending.passed
    assert score(sandbox, Problem("p", call.code, "3", "3"), value, "output")
    assert HELD == ["exec"]
