"""A problem that `nlex verify` found: where it stands, and what is wrong."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One problem of a corpus.

    Attributes:
        config, file, row: where; `row` is the id of the row, empty for a fault of the whole file.
        claim: the sentence or field that is not borne out, else empty.
    """

    config: str
    file: str
    row: str
    claim: str
    message: str

    def __str__(self) -> str:
        place = " ".join(part for part in (self.config, self.file, self.row and f"row {self.row}") if part)
        return f"{place}: {self.message}" + (f": {self.claim}" if self.claim else "")
