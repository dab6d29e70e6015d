"""The prompts of training that the corpus does not hold: submit or fix."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jinja2

from schemas.solve import SolveRow


@dataclass(frozen=True)
class Feedback:
    """One public test beside what the program gives on it: `output` is None where a simulation named none."""

    input: str
    expected: str
    output: str | None
    matches: bool


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    """Autoescape is off on purpose: the output is plain text for a language model."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def revise_prompt(row: SolveRow, code: str, feedback: Sequence[Feedback]) -> str:
    """Statement, program, and for each public test its input, expected output and fed-back output."""
    template = _environment().get_template("revise.jinja")
    return template.render(statement=row.statement, code=code, feedback=feedback, kind=row.kind)
