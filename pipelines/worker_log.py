"""Sends what Beam's workers and its gRPC library write to stderr into a file, and keeps stderr for us."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def stderr_for_us(log: Path) -> Iterator[None]:
    """While open, fd 2, which workers inherit, is the log; `sys.stderr` still is the user's terminal."""
    ours = sys.stderr
    ours.flush()
    saved = os.dup(2)
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), 2)
    try:
        with open(saved, "w", buffering=1, closefd=False) as terminal:
            if ours is sys.__stderr__:
                sys.stderr = terminal
            yield
    finally:
        sys.stderr = ours
        os.dup2(saved, 2)
        os.close(saved)
