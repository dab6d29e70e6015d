"""True narrations written by hand are accepted; with one false step and a right answer they are rejected there."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from templates.checker import check
from templates.execution import Execution
from tests.tracing import trace_program

FOLDER = Path(__file__).parent / "narrations"
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))
EDITS: list[dict[str, Any]] = tomllib.loads((FOLDER / "false_steps.toml").read_text("utf-8"))["edit"]


@cache
def narration(name: str) -> tuple[Execution, str, str]:
    """The execution, explanation and answer of a file of sections, each headed by `== NAME`."""
    sections: dict[str, str] = {}
    text = "\n" + (FOLDER / f"{name}.txt").read_text("utf-8").removesuffix("\n")
    for block in text.split("\n== ")[1:]:
        title, inside, body = block.partition("\n")
        sections[title] = body + "\n" * bool(inside)
    call = sections.get("call", "").strip() or None
    execution = trace_program(sections["program"], stdin=sections.get("input", ""), call=call)
    return execution, sections["explanation"], sections["answer"].removesuffix("\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_true_narration_is_accepted(name: str) -> None:
    report = check(*narration(name))
    assert report.problems == ()
    assert report.claims > 4


@pytest.mark.parametrize("edit", EDITS, ids=[f"{edit['narration']}: {edit['what']}" for edit in EDITS])
def test_one_false_step_is_rejected_and_named(edit: dict[str, Any]) -> None:
    execution, explanation, answer = narration(edit["narration"])
    assert explanation.count(edit["old"]) == 1
    report = check(execution, explanation.replace(edit["old"], edit["new"]), answer)
    assert report.problems
    assert report.problems[0].step == edit["step"]
    assert report.problems[0].reason


def test_a_wrong_answer_is_rejected_though_every_step_is_true() -> None:
    execution, explanation, _ = narration("total_two")
    (problem,) = check(execution, explanation, "<output>8\n</output>").problems
    assert problem.step == 0
    assert "character 8" in problem.reason
