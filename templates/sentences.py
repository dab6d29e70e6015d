"""The sentences of a style: macros of its `sentences.jinja`, looked up once a process."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

STYLES = Path(__file__).parent


def code(text: str) -> str:
    """A piece of code between backticks: a fence longer than any run of backticks in it."""
    if "`" not in text:
        return f"`{text}`"
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    fence = "`" * (longest + 1)
    return f"{fence}{pad}{text}{pad}{fence}"


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """The environment of all styles.

    Autoescape is off on purpose: the output is plain text for a language model, and `&lt;` in place
    of `<` would be a false quotation of the program.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(STYLES),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=8)
def sentences(style: str) -> Any:
    """The macros of a style, as attributes.

    Raises:
        ValueError: there is no such style.
    """
    try:
        return environment().get_template(f"{style}/sentences.jinja").module
    except jinja2.TemplateNotFound as error:
        known = sorted(path.parent.name for path in STYLES.glob("*/sentences.jinja"))
        raise ValueError(f"no style {style!r}: there are {', '.join(known)}") from error
