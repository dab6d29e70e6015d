"""The sentences of a style: every phrasing of every macro in its folder, compiled once a process."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jinja2
from jinja2.runtime import Macro

STYLES = Path(__file__).parent
BASE = "steps"
"""The style whose sentences stand in for those that a style does not write itself."""

Phrasing = Callable[..., str]
_OPEN, _CLOSE = "\x02", "\x03"


class StyleError(ValueError):
    """A style that cannot be read; the message says which file or macro is wrong, and how."""


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


@lru_cache(maxsize=8)
def environment(folder: Path = STYLES) -> jinja2.Environment:
    """The environment of all styles, or of a style's own folder (the folder that holds it is `folder`).

    Autoescape is off on purpose: the output is plain text for a language model, and `&lt;` in place
    of `<` would be a false quotation of the program.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, STYLES]),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def style_folder(style: str) -> Path:
    """Where a style lies: a folder of this package by its name, else the folder of that path.

    Raises:
        StyleError: there is no such folder, or it holds no templates.
    """
    own = STYLES / style
    if style.isidentifier() and (own / f"{style}.claims").is_file():
        return own
    folder = Path(style).resolve()
    if folder.is_dir() and any(folder.glob("*.jinja")):
        return folder
    known = sorted(path.parent.name for path in STYLES.glob("*/*.claims") if path.stem == path.parent.name)
    raise StyleError(f"no style {style!r}: there are {', '.join(known)}, and it is no folder with .jinja files")


@dataclass(frozen=True)
class Wording:
    """The phrasings of a style.

    Attributes:
        phrasings: by macro; a phrasing takes the macro's inputs in order and gives the sentence.
        inputs: by macro, the names of its inputs.
        lines: by macro, the phrasings as they stand, each input as `{name}`.
    """

    phrasings: Mapping[str, tuple[Phrasing, ...]]
    inputs: Mapping[str, tuple[str, ...]]
    lines: Mapping[str, tuple[str, ...]]

    def say(self, macro: str, turn: int, *inputs: object) -> str:
        """One sentence; `turn` picks the phrasing."""
        found = self.phrasings[macro]
        return found[turn % len(found)](*inputs)


@lru_cache(maxsize=8)
def sentences(style: str) -> Wording:
    """The wording of a style; what its folder does not say is said as in `steps`.

    Raises:
        StyleError: there is no such style, or a template of it cannot be read.
    """
    folder = style_folder(style)
    made: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for place in dict.fromkeys((STYLES / BASE, folder)):
        for path in sorted(place.glob("*.jinja")):
            if not path.name.startswith(("prompt_", "ranges")):
                made |= read_macros(path)
    return wording_of(made)


def wording_of(macros: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]) -> Wording:
    """The wording that macros, as `read_macros` gives them, make."""
    return Wording(
        {name: tuple(_phrasing(line, inputs) for line in lines) for name, (inputs, lines) in macros.items()},
        {name: inputs for name, (inputs, _) in macros.items()},
        {name: lines for name, (_, lines) in macros.items()},
    )


def read_macros(path: Path) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The macros of one file: the names of their inputs, and their phrasings with `{name}` for an input.

    Raises:
        StyleError: the file or a macro cannot be rendered, or a macro says nothing.
    """
    found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    try:
        module = environment(path.parent.parent).get_template(f"{path.parent.name}/{path.name}").module
        for name, macro in sorted(vars(module).items()):
            if isinstance(macro, Macro) and not name.startswith("_"):
                text = str(macro(*(f"{_OPEN}{given}{_CLOSE}" for given in macro.arguments)))
                escaped = text.replace("{", "{{").replace("}", "}}").replace(_OPEN, "{").replace(_CLOSE, "}")
                lines = tuple(line.strip() for line in escaped.split("\n") if line.strip())
                if not lines:
                    raise StyleError(f"{path}: the macro {name} says nothing")
                found[name] = (tuple(macro.arguments), lines)
    except jinja2.TemplateError as error:
        line = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        raise StyleError(f"{path}{line}: {error.message}") from error
    return found


def _phrasing(line: str, inputs: tuple[str, ...]) -> Phrasing:
    for number, name in enumerate(inputs):
        line = line.replace(f"{{{name}}}", f"{{{number}}}")
    return line.format


class Voice:
    """Says sentences; the same seed and step always pick the same phrasings.

    Attributes:
        wording: the style's.
    """

    def __init__(self, wording: Wording, seed: str) -> None:
        self.wording = wording
        self._phrasings = wording.phrasings
        self._seed = zlib.crc32(seed.encode("utf-8", "surrogatepass"))
        self._turn = 0

    def begin(self, step: int) -> None:
        """A step begins."""
        self._turn = (step * 0x9E3779B1 ^ self._seed) & 0xFFFFFFFF

    def __call__(self, macro: str, *inputs: object) -> str:
        """The next sentence of the step."""
        self._turn = turn = (self._turn * 0x19660D + 0x3C6EF35F) & 0xFFFFFFFF
        found = self._phrasings[macro]
        return found[(turn >> 12) % len(found)](*inputs)
