"""The command that makes a corpus again, from its options."""

import shlex
from collections.abc import Iterator
from typing import Any

from pipelines.curation.options import Curation
from pipelines.options import BuildOptions

# What is called otherwise on the command line than its option.
_FLAGS = {"time_limit_s": "--time-limit", "banned_imports": "--ban-imports", "difficulties": "--difficulty"}


def _flag(name: str) -> str:
    return _FLAGS.get(name, f"--{name.replace('_', '-')}")


def _words(options: BuildOptions | Curation, default: BuildOptions | Curation, but: tuple[str, ...]) -> Iterator[str]:
    """The words of the options that are not what they would be anyway."""
    for name in options.__dataclass_fields__:
        value: Any = getattr(options, name)
        if name in but or value == getattr(default, name):
            continue
        if name == "decontaminate":
            for each in value:
                yield from (_flag(name), each)
        elif value is True:
            yield _flag(name)
        else:
            yield from (_flag(name), ",".join(value) if isinstance(value, tuple) else str(value))


def build_command_line(options: BuildOptions) -> str:
    """The `nlex build` that has these options, ready for a shell."""
    words = ["nlex", "build", *options.sources, "--output", "corpus"]
    words += _words(options, BuildOptions(()), but=("sources", "curation"))
    words += _words(options.curation, Curation(), but=())
    return shlex.join(words)


def render_command_line(options: BuildOptions) -> str:
    """The `nlex render` that tells the traces of `corpus` with these options."""
    told = ("seed", "styles", "max_tokens", "tokenizer", "side_tasks")
    but = tuple(name for name in BuildOptions.__dataclass_fields__ if name not in told)
    return shlex.join(["nlex", "render", "corpus", "--output", "told", *_words(options, BuildOptions(()), but)])
