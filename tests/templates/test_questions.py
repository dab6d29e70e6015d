"""What the side tasks ask, and that their answers are the trace's."""

import pytest

from schemas.question import QUESTION_CONFIGS
from templates.questions.ask import ask, question_prompt
from tests.tracing import trace_program

CODE = """\
def grow(n):
    total = 0
    for i in range(n):
        if i * total % 3 == 1:
            total += 1
        total += i
    return total

print(grow(int(input())))
"""


def test_the_next_line_is_the_one_that_the_trace_goes_to() -> None:
    execution = trace_program(CODE, stdin="6\n")
    question = ask(execution, "next_line")
    assert question is not None
    lines = [event.span[0] for event in execution.trace.events if event.kind == "line" and event.span is not None]
    at = [number for number, line in enumerate(lines) if line == question.line][question.time - 1]
    assert question.answer == str(lines[at + 1])


def test_a_value_is_asked_of_a_name_that_changes() -> None:
    question = ask(trace_program("x = 1\nkept = 5\nfor i in range(9):\n    x *= 2\nprint(x)\n"), "variable_value")
    assert question is not None
    assert question.subject in ("x", "i")


def test_a_branch_says_which_way_and_with_which_values() -> None:
    question = ask(trace_program("a = 4\nb = 7\nif a < b:\n    print(a)\n"), "branch")
    assert question is not None
    assert (question.subject, question.answer) == ("a < b", "true\na = 4\nb = 7")


def test_a_condition_that_calls_something_is_not_asked_about() -> None:
    assert ask(trace_program("a = [4]\nif len(a) > 2:\n    print(a)\n"), "branch") is None


def test_the_input_is_asked_for_where_there_is_an_output() -> None:
    question = ask(trace_program("print(int(input()) * 2)\n", stdin="4\n"), "input_from_output")
    assert question is not None
    assert question.answer == "4\n"
    assert ask(trace_program("x = input()\n", stdin="4\n"), "input_from_output") is None


def test_a_call_is_asked_for_by_its_value() -> None:
    code = "def double(x):\n    return 2 * x\n"
    execution = trace_program(code, call="double(21)")
    question = ask(execution, "input_from_output")
    assert question is not None
    prompt = question_prompt(question, code=code, call="double(21)", stdin="", output="42")
    assert question.answer == "double(21)"
    assert "`double` gave `42`" in prompt
    assert "double(21)" not in prompt


@pytest.mark.parametrize("task", ["next_line", "variable_value", "branch"])
def test_a_prompt_names_the_moment_and_holds_program_and_input(task: str) -> None:
    question = ask(trace_program(CODE, stdin="6\n"), task)
    assert question is not None
    prompt = question_prompt(question, code=CODE, call=None, stdin="6\n", output="15\n")
    assert CODE in prompt
    assert "<input>\n6\n</input>" in prompt
    assert f"Line {question.line} is about to run for the {question.time}" in prompt


def test_the_seed_picks_the_moment() -> None:
    execution = trace_program(CODE, stdin="9\n")
    assert len({ask(execution, "next_line", seed) for seed in range(20)}) > 3
    assert ask(execution, "next_line", 5) == ask(execution, "next_line", 5)


def test_an_unknown_task_is_named() -> None:
    with pytest.raises(ValueError, match="previous_line"):
        ask(trace_program("x = 1\n"), "previous_line")
    assert len(QUESTION_CONFIGS) == 4
