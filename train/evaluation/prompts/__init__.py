"""The prompts that only evaluation asks: find an input for an output."""

from functools import lru_cache
from pathlib import Path

import jinja2


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    """Autoescape is off on purpose: the output is plain text for a language model."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), undefined=jinja2.StrictUndefined, autoescape=False
    )


def find_input_prompt(code: str, output: str) -> str:
    """Which arguments of f give this output?"""
    return _environment().get_template("find_input.jinja").render(code=code, output=output)
