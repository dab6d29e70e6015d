"""What is known of each row before any is run: a table on disk, a few hundred bytes a row, and the rows' names."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.curation.signature import PERMUTATIONS, Signature

ROW = np.dtype(
    [
        ("identity", "V16"),
        ("digest", "V16"),
        ("problem", "u8"),
        ("group", "u8"),
        ("bucket", "u4"),
        ("place", "u4"),
        ("file", "u4"),
        ("inputs", "u4"),
        ("name", "u8"),
        ("evaluation", "?"),
        ("named_split", "i1"),
        ("hashed_split", "i1"),
        ("correct", "i1"),
        ("near", "?"),
        ("refused", "?"),
        ("signature", "u2", (PERMUTATIONS,)),
    ]
)
_ROWS_HELD = 2_000


def short_hash(*parts: str) -> int:
    """A 64-bit number that stands for some texts."""
    data = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


def identity_of(name: str) -> bytes:
    """16 bytes that stand for the id of a solution."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:16]


@dataclass(frozen=True)
class Candidate:
    """A row before selection.

    Attributes:
        name: the solution's id and place, for messages.
        group: a hash of problem, model and label, of which a limited number may be kept.
        bucket, place: where the row is spooled: its bucket's number, and its line in it.
        file: the number of its source file.
        inputs: how many inputs of its own it runs on; 0 where it runs on its problem's.
        named_split, hashed_split: numbers of splits; the named one is -1 where the row names none.
        correct: 1, 0, or -1 where the source does not say.
        refused: not wanted for what it is; it takes no part in deduplication.
    """

    identity: bytes
    name: str
    digest: bytes
    signature: Signature | None
    problem: int
    group: int
    bucket: int
    place: int
    file: int
    inputs: int
    evaluation: bool
    named_split: int
    hashed_split: int
    correct: int
    refused: bool


class CandidateWriter:
    """Appends candidates to a table and their names to a text beside it."""

    def __init__(self, folder: Path) -> None:
        self.table = folder / "candidates.bin"
        self.texts = folder / "names.txt"
        self._rows = self.table.open("wb")
        self._names = self.texts.open("wb")
        self._held = np.zeros(_ROWS_HELD, dtype=ROW)
        self._count = 0
        self._written = 0

    def add(self, candidate: Candidate) -> None:
        """Appends one."""
        line = candidate.name.encode("utf-8", "replace").replace(b"\n", b" ") + b"\n"
        row = self._held[self._count]
        for field in ROW.names or ():
            if field not in ("name", "near", "signature", "identity", "digest"):
                row[field] = getattr(candidate, field)
        row["identity"] = np.void(candidate.identity)
        row["digest"] = np.void(candidate.digest)
        row["name"] = self._written
        row["near"] = candidate.signature is not None
        row["signature"] = 0 if candidate.signature is None else candidate.signature
        self._names.write(line)
        self._written += len(line)
        self._count += 1
        if self._count == _ROWS_HELD:
            self._flush()

    def _flush(self) -> None:
        self._held[: self._count].tofile(self._rows)
        self._count = 0

    def close(self) -> "Candidates":
        """Ends writing; what was written can be read from now on."""
        self._flush()
        self._rows.close()
        self._names.close()
        return Candidates(self.table, self.texts)


class Candidates:
    """A table of candidates in the order in which the sources were read; its pages stay on disk until looked at."""

    def __init__(self, table: Path, texts: Path) -> None:
        empty = table.stat().st_size == 0
        self.rows: npt.NDArray[np.void] = np.zeros(0, dtype=ROW) if empty else np.memmap(table, dtype=ROW, mode="r")
        self._texts = texts

    def name(self, row: int) -> str:
        """The id and place of a row."""
        with self._texts.open("rb") as stream:
            stream.seek(int(self.rows["name"][row]))
            return stream.readline().rstrip(b"\n").decode("utf-8")
