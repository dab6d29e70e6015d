"""Counts the tokens of a text by a named vocabulary, or by the tokenizer that a model comes with."""

import functools
import hashlib
import importlib.util
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

DEFAULT_TOKENIZER = "cl100k_base"
"""It comes inside a package, so that counting needs no network, and counts within 0.1% of `o200k_base`, whose tables
take 41 MB more of every worker."""

_FILE = "tokenizer.json"

CountTokens = Callable[[str], int]


class TokenizerError(ValueError):
    """There is no such tokenizer; the message says which there are."""


def _file(name: str) -> Path | None:
    """The `tokenizer.json` that a name leads to, None for the name of a vocabulary."""
    path = Path(name)
    if path.is_dir():
        path /= _FILE
    return path if path.is_file() else None


@functools.cache
def token_counter(name: str = DEFAULT_TOKENIZER) -> CountTokens:
    """A function that counts tokens, special tokens apart.

    Args:
        name: a vocabulary (`o200k_base`, `cl100k_base`, ...), a `tokenizer.json`, or a folder that holds one.

    Raises:
        TokenizerError: the name leads to no tokenizer.
    """
    file = _file(name)
    if file is None:
        return _by_vocabulary(name)
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:
        raise TokenizerError(f"{file} is no tokenizer: {error}") from error

    def count(text: str) -> int:
        return len(tokenizer.encode(_encodable(text), add_special_tokens=False).ids)

    return count


def _encoder() -> Any:
    """The compiled part of `bpe_openai`, whose tables are its own.

    The package around it reads three vocabularies into dicts, 0.3 s and 90 MB, as soon as it is imported.
    """
    package = importlib.util.find_spec("bpe_openai")
    spec = package and PathFinder.find_spec("bpe_openai._bindings", package.submodule_search_locations)
    if spec is None or spec.loader is None:
        raise TokenizerError("bpe-openai, which holds the vocabularies, is not installed whole: install nlex again")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _by_vocabulary(name: str) -> CountTokens:
    encoder = _encoder()
    known = encoder.supported_encodings()
    if name not in known:
        raise TokenizerError(
            f"no tokenizer {name!r}: give a {_FILE}, a folder that holds one, or one of {', '.join(known)}"
        )
    vocabulary = encoder.tokenizer_for_encoding(name)

    def count(text: str) -> int:
        return int(vocabulary.count(_encodable(text)))

    return count


def _encodable(text: str) -> str:
    """The text with lone surrogates, which no tokenizer takes, written as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def tokenizer_identity(name: str) -> str:
    """What fixes every count: the name of a vocabulary, or the SHA-256 of a `tokenizer.json`."""
    file = _file(name)
    return name if file is None else hashlib.sha256(file.read_bytes()).hexdigest()
