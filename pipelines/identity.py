"""Names made of contents: hashes of rows, executions, options and versions."""

import functools
import hashlib
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from schemas.job import Limits, Program


def content_hash(*parts: Any) -> str:
    """32 hexadecimal digits that stand for JSON-ready data and bytes."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else orjson.dumps(part, option=orjson.OPT_SORT_KEYS)
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:32]


def trace_id(program: Program, stdin: str, call: str | None, limits: Limits) -> str:
    """The name of an execution: program, input, limits, Python version and tracer version."""
    from tracer import TRACER_VERSION

    return content_hash(asdict(program), stdin, call, asdict(limits), platform.python_version(), TRACER_VERSION)


_NO_ROWS = ("publish", "report", "card")
"""Folders of this room that make no row of a corpus."""


@functools.cache
def rendering_version() -> str:
    """A hash of all our text and code that turns traces into rows: when it changes, prose is made anew."""
    root = Path(__file__).parent
    import schemas
    import templates

    digest = hashlib.sha256()
    for folder in (root, Path(schemas.__path__[0]), Path(templates.__path__[0])):
        for path in sorted(folder.rglob("*")):
            makes_rows = folder != root or path.relative_to(root).parts[0] not in _NO_ROWS
            if makes_rows and path.suffix in (".py", ".jinja", ".claims"):
                digest.update(f"{folder.name}/{path.relative_to(folder)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
