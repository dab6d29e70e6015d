"""The frames of the Code World Model's trace format."""

import json
import re

from templates.cwm import render_cwm
from tests.tracing import trace_program

CODE = "def f(n):\n    xs = [n]\n    xs.append(2)\n    return len(xs)\n"


def frames(text: str) -> list[str]:
    return text.split("<|frame_sep|>")[1:-1]


def observations(text: str) -> list[dict[str, str]]:
    return [json.loads(found) for found in re.findall(r"<\|(?:call|line)_sep\|>(.*?)<\|action_sep\|>", text)]


def test_a_rendering_in_full() -> None:
    assert render_cwm(trace_program(CODE, call="f(1)")) == (
        "<|begin_of_text|><|trace_context_start|>"
        "def f(n):\n    xs = [n]\n    xs.append(2)\n    return len(xs)\nf(1)  # << START_OF_TRACE\n<|frame_sep|>"
        "<|line_sep|>{}<|action_sep|>def f(n):\n<|frame_sep|>"
        "<|line_sep|>{}<|action_sep|>f(1)\n<|frame_sep|>"
        '<|call_sep|>{"n": "1"}<|action_sep|>def f(n):\n<|frame_sep|>'
        '<|line_sep|>{"n": ".."}<|action_sep|>    xs = [n]\n<|frame_sep|>'
        '<|line_sep|>{"n": "..", "xs": "[1]"}<|action_sep|>    xs.append(2)\n<|frame_sep|>'
        '<|line_sep|>{"n": "..", "xs": "[1, 2]"}<|action_sep|>    return len(xs)\n<|frame_sep|>'
        '<|return_sep|><|action_sep|>    return len(xs)\n<|arg_sep|>"2"<|frame_sep|>'
        '<|return_sep|><|action_sep|>f(1)\n<|arg_sep|>"2"<|frame_sep|>'
        "<|end_of_text|>"
    )


def test_a_script_begins_where_its_first_statement_stands() -> None:
    text = render_cwm(trace_program("# a comment\nx = 1\n"))
    assert "x = 1  # << START_OF_TRACE\n" in text


def test_an_exception_is_a_frame_in_each_function_that_it_passes() -> None:
    text = render_cwm(trace_program("def f():\n    1 / 0\nf()\n"))
    raised = [frame for frame in frames(text) if frame.startswith("<|exception_sep|>")]
    assert raised == [
        '<|exception_sep|><|action_sep|>    1 / 0\n<|arg_sep|>"ZeroDivisionError: division by zero"',
        '<|exception_sep|><|action_sep|>f()\n<|arg_sep|>"ZeroDivisionError: division by zero"',
    ]


def test_a_value_that_did_not_change_in_its_function_is_two_dots() -> None:
    seen = observations(render_cwm(trace_program("a = [1]\nb = 'x'\na.append(b)\nc = 1\n")))
    assert seen == [
        {},
        {"a": "[1]"},
        {"a": "..", "b": "'x'"},
        {"a": "[1, 'x']", "b": ".."},
    ]


def test_nothing_of_a_long_value_is_left_out() -> None:
    seen = observations(render_cwm(trace_program("xs = [*range(2000)]\ny = 1\n")))
    assert seen[1]["xs"] == str([*range(2000)])


def test_functions_and_modules_are_no_observations() -> None:
    seen = observations(render_cwm(trace_program("import math\ndef f(): pass\nx = 1\ny = 2\n")))
    assert seen[-1] == {"x": "1"}
