"""A narration with one false value, branch, number, step or order in it is never accepted."""

import re
from functools import cache
from pathlib import Path

import pytest

from schemas.narration import Narration
from templates.checker import check
from templates.checking.claims import patterns_of, sentences_of
from templates.execution import Execution
from templates.levels.tell import narrate_within
from tests.templates.mutations import KINDS, mutate
from tests.tracing import trace_program

GOLDEN = Path(__file__).parents[1] / "golden"
PROGRAMS = sorted(path.stem for path in GOLDEN.glob("*.txt"))
STYLES = ["steps", "blocks", "story", "state"]
ROUNDS = {"name in a round", "value of many", "swapped rounds", "dropped round", "repeated round"}
UNSAID = {"state": {"old value", "operand", "source", "length", "depth"} | ROUNDS}
"""What a style never says, so that it cannot say it falsely."""


@cache
def execution(name: str) -> Execution:
    """The execution of a golden file's program."""
    sections = dict(
        re.findall(r"^=== (\w+)\n(.*?)(?=^=== |\Z)", (GOLDEN / f"{name}.txt").read_text("utf-8"), re.M | re.S)
    )
    call = sections.get("call", "").strip() or None
    return trace_program(sections["program"], stdin=sections.get("stdin", ""), call=call)


@cache
def narration(name: str, style: str) -> Narration:
    return narrate_within(execution(name), style=style, count=len)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_line_taken_apart_and_put_together_is_the_line(name: str, style: str) -> None:
    for line in narration(name, style).explanation.split("\n"):
        assert " ".join(sentence.text for sentence in sentences_of(line, patterns_of(style))) == line


@pytest.mark.parametrize(
    ("style", "kind"), [(style, kind) for style in STYLES for kind in KINDS if kind not in UNSAID.get(style, ())]
)
def test_every_false_narration_is_rejected(style: str, kind: str) -> None:
    made = 0
    for name in PROGRAMS:
        told = narration(name, style)
        for seed in range(3):
            mutant = mutate(told.explanation, told.answer, patterns_of(style), kind, seed)
            if mutant is not None:
                made += 1
                report = check(execution(name), mutant.explanation, mutant.answer, style=style)
                assert report.problems, f"{name}, {kind}, seed {seed}: {mutant.what}"
    assert made > 0, f"no narration in {style} has a {kind} to change"
