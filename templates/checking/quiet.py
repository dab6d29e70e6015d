"""Reads Python of any origin without a word: what the interpreter would warn of in it is no concern of the reader."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_warnings() -> Iterator[None]:
    """Lets the interpreter parse strange literals and escapes (`1if x`, `'\\d'`) without a warning on stderr."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
