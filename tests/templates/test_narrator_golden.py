"""Whole narrations of small programs, as a person would read them, in `tests/golden`.

`python -m tests.templates.test_narrator_golden` writes them anew; read the difference before you keep it.
"""

import re
from pathlib import Path

import pytest

from templates.checker import check
from templates.execution import Execution
from templates.narrator import narrate
from tests.tracing import trace_program

GOLDEN = Path(__file__).parents[1] / "golden"


def sections(text: str) -> dict[str, str]:
    """The parts of a golden file by name."""
    pieces = re.split(r"^=== (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def executed(parts: dict[str, str]) -> Execution:
    """The program in a golden file, run."""
    call = parts["call"].strip() if "call" in parts else None
    return trace_program(parts["program"], stdin=parts.get("stdin", ""), call=call)


def narrated(parts: dict[str, str]) -> dict[str, str]:
    """The prose of the program in a golden file."""
    told = narrate(executed(parts), long_work="asks" in parts)
    return {"prompt": told.prompt, "explanation": told.explanation, "answer": told.answer}


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.txt")))
def test_a_narration_reads_as_it_did(name: str) -> None:
    parts = sections((GOLDEN / f"{name}.txt").read_text())
    for part, text in narrated(parts).items():
        assert text + "\n" == parts[part], part


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.txt")))
def test_a_narration_holds_before_the_checker(name: str) -> None:
    parts = sections((GOLDEN / f"{name}.txt").read_text())
    execution = executed(parts)
    told = narrate(execution, long_work="asks" in parts)
    assert check(execution, told.explanation, told.answer).problems == ()


if __name__ == "__main__":
    for path in sorted(GOLDEN.glob("*.txt")):
        parts = sections(path.read_text())
        parts |= {part: f"{text}\n" for part, text in narrated(parts).items()}
        path.write_text("".join(f"=== {part}\n{text}" for part, text in parts.items()))
