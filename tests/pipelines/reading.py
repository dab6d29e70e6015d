"""Reads corpora back for assertions."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.finish import METRICS_FILE
from pipelines.parts import PARTS_FOLDER


def rows(corpus: Path, config: str) -> list[dict[str, Any]]:
    """All rows of a config, each with its split."""
    found: list[dict[str, Any]] = []
    for path in sorted((corpus / config).glob("*.parquet")):
        found += [row | {"split": path.name.partition("-")[0]} for row in pq.ParquetFile(path).read().to_pylist()]
    return found


def hash_of(data: bytes) -> str:
    """The SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def bytes_of(corpus: Path) -> dict[str, str]:
    """The SHA-256 of every file of a corpus but the parts it was made from and what tells the time."""
    return {
        str(path.relative_to(corpus)): hash_of(path.read_bytes())
        for path in sorted(corpus.rglob("*"))
        if path.is_file() and PARTS_FOLDER not in path.parts and path.name != METRICS_FILE
    }
