"""Counts the tokens of a text by a named vocabulary, or by the tokenizer that a model comes with."""

import functools
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

DEFAULT_TOKENIZER = "cl100k_base"
"""It comes inside a package, so that counting needs no network, and counts within 0.1% of `o200k_base`, whose tables
take 41 MB more of every worker."""

_FILE = "tokenizer.json"
_PIECE = 100_000
"""Characters that are encoded at once: the encoder refuses texts of a million, and of 200,000 tokens."""

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


def _by_vocabulary(name: str) -> CountTokens:
    import bpe_openai

    known = bpe_openai.list_encoding_names()
    if name not in known:
        raise TokenizerError(
            f"no tokenizer {name!r}: give a {_FILE}, a folder that holds one, or one of {', '.join(known)}"
        )
    encoding = bpe_openai.get_encoding(name)

    def count(text: str) -> int:
        return sum(len(encoding.encode_ordinary(piece)) for piece in _pieces(_encodable(text)))

    return count


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces that the encoder takes, each but the last cut off after a line where there is one."""
    start = 0
    while len(text) - start > _PIECE:
        cut = text.rfind("\n", start, start + _PIECE) + 1 or start + _PIECE
        yield text[start:cut]
        start = cut
    yield text[start:]


def _encodable(text: str) -> str:
    """The text with lone surrogates, which no tokenizer takes, written as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def tokenizer_identity(name: str) -> str:
    """What fixes every count: the name of a vocabulary, or the SHA-256 of a `tokenizer.json`."""
    file = _file(name)
    return name if file is None else hashlib.sha256(file.read_bytes()).hexdigest()
