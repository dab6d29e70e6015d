"""Rows of the `nlex` config made up for tests of shards, which need many, and text that does not repeat."""

import random
from pathlib import Path

from pipelines.parts import Entry, write_part
from schemas.nlex import ExampleRow, Message

_WORDS = [f"w{number:x}" for number in range(5_000)]


def example(problem: str, number: int = 0, words: int = 200, split: str = "train") -> Entry:
    """An example of a problem; its texts follow from its name."""
    choice = random.Random(f"{problem}/{number}")
    text = " ".join(choice.choices(_WORDS, k=words))
    row = ExampleRow(
        id=f"{problem}/{number}",
        messages=(Message("user", f"What does {problem} do?"), Message("assistant", text)),
        kind="stdin",
        code=" ".join(choice.choices(_WORDS, k=words // 4)),
        input="",
        output=str(choice.random()),
        style="steps",
        verdict="ok",
        judgement="accepted",
        events=choice.randrange(10, 1_000),
        steps=choice.randrange(5, 500),
        claims=choice.randrange(5, 500),
        folded=0,
        left_out=0,
        tokens=words,
        told_tokens=words,
        trace_id=f"trace of {problem}/{number}",
        problem_id=problem,
        solution_id=problem,
        source="tests",
        license="CC0-1.0",
    )
    return Entry("nlex", split, "f", row)


def part_of(path: Path, *entries: Entry) -> Path:
    """The entries as a part."""
    write_part(path, entries)
    return path
