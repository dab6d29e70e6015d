"""A style folder as a stranger writes one: the sentences of `steps`, each in its first phrasing alone."""

import re
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from templates.sentences import STYLES

_MACRO = re.compile(r"(\{% macro \w+\(.*?\) %\}\n)(.*?\n).*?(\{% endmacro %\})", re.S)


@lru_cache(maxsize=1)
def plain_style() -> str:
    """The path of the folder."""
    folder = Path(mkdtemp(prefix="nlex-style-")) / "plain"
    folder.mkdir()
    for path in (STYLES / "steps").glob("*.jinja"):
        (folder / path.name).write_text(_MACRO.sub(r"\1\2\3", path.read_text()))
    (folder / "plain.claims").write_text("include: steps\n")
    return str(folder)
