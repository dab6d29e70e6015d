"""Tells whether a row holds something of an evaluation set: its programs, parts of them, or its statements."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipelines.curation.normal_form import NormalForm, normal_form
from pipelines.curation.signature import THRESHOLD, Signature, signature
from pipelines.sources.locate import SourceError, source_files
from pipelines.sources.located import Located, Posed

CODE_WORDS = 8
STATEMENT_WORDS = 13
_MIN_GRAMS = 16
_CODE_SHARE = 0.75
_STATEMENT_SHARE = 0.5
_WORD = re.compile(r"\w+")


def _grams(words: Sequence[str], size: int) -> set[int]:
    """Hashes of all sequences of `size` words."""
    return {
        int.from_bytes(
            hashlib.blake2b("\x1f".join(words[at : at + size]).encode("utf-8", "replace"), digest_size=8).digest()
        )
        for at in range(len(words) - size + 1)
    }


def statement_words(statement: str) -> list[str]:
    """The words of a statement in lower case."""
    return _WORD.findall(statement.lower())


@dataclass
class _Grams:
    """Word sequences of many texts, each known by the names of the texts that have it."""

    size: int
    share: float
    owners: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    totals: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def add(self, name: str, words: Sequence[str]) -> None:
        grams = _grams(words, self.size)
        if len(grams) < _MIN_GRAMS:
            return
        for gram in grams:
            self.owners[gram].append(len(self.names))
        self.names.append(name)
        self.totals.append(len(grams))

    def held_by(self, words: Sequence[str]) -> str:
        """The first text of which the words hold the share that counts, else empty."""
        if not self.owners:
            return ""
        found: Counter[int] = Counter()
        for gram in _grams(words, self.size):
            found.update(self.owners.get(gram, ()))
        hits = [owner for owner, number in found.items() if number >= self.share * self.totals[owner]]
        return self.names[min(hits)] if hits else ""


class EvaluationSets:
    """The sets that training rows must not overlap with."""

    def __init__(self) -> None:
        self.guarded = 0
        self.exact: dict[bytes, str] = {}
        self.names: list[str] = []
        self.signatures: list[Signature] = []
        self.code = _Grams(CODE_WORDS, _CODE_SHARE)
        self.statements = _Grams(STATEMENT_WORDS, _STATEMENT_SHARE)
        self._table: np.ndarray[tuple[int, int], np.dtype[np.uint16]] | None = None

    def add_program(self, name: str, code: str) -> None:
        """Guards a program."""
        self.guarded += 1
        form = normal_form(code)
        self.exact.setdefault(form.digest, name)
        self.code.add(name, form.words)
        sketch = signature(form.words)
        if sketch is not None:
            self.names.append(name)
            self.signatures.append(sketch)
            self._table = None

    def add_statement(self, name: str, statement: str) -> None:
        """Guards a statement."""
        self.guarded += bool(statement)
        self.statements.add(name, statement_words(statement))

    def program_hit(self, form: NormalForm, sketch: Signature | None) -> str:
        """What a program overlaps with, in words; empty where it is clean."""
        if form.digest in self.exact:
            return f"it is {self.exact[form.digest]}, but for names and formatting"
        if sketch is not None and self.signatures:
            if self._table is None:
                self._table = np.stack(self.signatures)
            shares = np.mean(self._table == sketch, axis=1)
            best = int(shares.argmax())
            if shares[best] >= THRESHOLD:
                return f"it is nearly {self.names[best]} (similarity {shares[best]:.2f})"
        held = self.code.held_by(form.words)
        return f"it holds the better part of {held}" if held else ""

    def statement_hit(self, statement: str) -> str:
        """What a statement overlaps with, in words; empty where it is clean."""
        if not self.statements.owners:
            return ""
        held = self.statements.held_by(statement_words(statement))
        return f"its statement holds that of {held}" if held else ""


def evaluation_sets(sources: Iterable[str]) -> EvaluationSets:
    """Reads the sets that a build must stay clear of, given as `KIND:PATH` each.

    Raises:
        SourceError: a source that cannot be found, or a file that has nothing to guard.
    """
    sets = EvaluationSets()
    for file in source_files(tuple(sources)):
        before = sets.guarded
        for found in file.read():
            if isinstance(found, Posed):
                sets.add_statement(f"{found.problem.id} ({found.problem.source})", found.problem.statement)
            elif isinstance(found, Located):
                name = f"{found.solution.id} ({found.solution.source})"
                sets.add_program(name, found.solution.program.code)
                sets.add_statement(name, found.solution.statement)
        if sets.guarded == before:
            raise SourceError(f"{file.kind}:{file.path} has no row to stay clear of; is it of that kind?")
    return sets
