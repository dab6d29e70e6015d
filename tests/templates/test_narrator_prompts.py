"""The prompts of the corpora."""

import re

import pytest

from schemas.solve import TestRow
from templates.narrator import narrate
from templates.prompts import narration_prompt, prediction_prompt, solve_prompt
from tests.tracing import trace_program


def test_a_call_stands_open_on_the_line_that_the_steps_name() -> None:
    narration = narrate(trace_program("def f(x):\n    return x + 1", call="f(2)"))
    assert narration.prompt.split("\n")[1:5] == ["def f(x):", "    return x + 1", "assert f(2) == ??", "```"]
    assert re.search(r"^2\. Line 3: .*`f\(2\)`", narration.explanation, re.MULTILINE)


def test_a_script_shows_its_input() -> None:
    prompt = narrate(trace_program("print(input())\n", stdin="a b\n")).prompt
    assert prompt.startswith(
        "```python\nprint(input())\n```\n\nThe program reads this input:\n\n<input>\na b\n</input>\n\n"
    )


def test_a_script_without_input_speaks_of_none() -> None:
    assert "<input>" not in narrate(trace_program("print(1)\n")).prompt


def test_a_prompt_never_holds_the_answer() -> None:
    execution = trace_program("def f(x):\n    return x * 1111\n", call="f(3)")
    assert "3333" not in narration_prompt(execution)


def test_the_seed_varies_the_request() -> None:
    execution = trace_program("print(1)\n")
    assert len({narration_prompt(execution, seed) for seed in range(100)}) == 8


def test_a_prediction_asks_for_the_output_between_tags() -> None:
    prompt = prediction_prompt("stdin", "print(int(input()) + 1)\n", None, "4\n")
    assert "<input>\n4\n</input>" in prompt
    assert prompt.endswith("write the exact output between <output> and </output>.")


def test_a_prediction_of_a_call_asks_for_its_value() -> None:
    prompt = prediction_prompt("function", "def f(x): return x\n", "f(1)", "")
    assert "assert f(1) == ??" in prompt
    with pytest.raises(ValueError, match="only functions are called"):
        prediction_prompt("stdin", "x = 1\n", "f(1)", "")


def test_source_text_is_not_escaped() -> None:
    assert "if a < b & c:" in prediction_prompt("stdin", "if a < b & c:\n    pass\n", None, "")


def test_a_problem_shows_its_public_tests() -> None:
    prompt = solve_prompt("Add two numbers.\n", [TestRow("1 2\n", "3\n"), TestRow("2 2", "4")])
    assert prompt.count("Example ") == 2
    assert "Example 2\n\nInput:\n```\n2 2\n```\nOutput:\n```\n4\n```" in prompt
