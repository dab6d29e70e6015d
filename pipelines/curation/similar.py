"""Finds the rows that are similar to one, among rows of a table of signatures, without comparing all pairs.

Rows that agree in all places of one of 25 bands of five are compared: two programs of similarity 0.75
share a band with probability 0.998. The grouping sorts one band at a time, so that beside the
signatures, which may lie in a file, a few numbers a row are held.
"""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from pipelines.curation.signature import PERMUTATIONS, THRESHOLD

BANDS = 25
_ROWS_A_BAND = PERMUTATIONS // BANDS
_MOST_COMPARED = 64


def _groups(signatures: npt.NDArray[np.uint16], usable: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """For each row and band, the number of its group; -1 where no other row agrees in that band."""
    grouped = np.full((len(signatures), BANDS), -1, dtype=np.int32)
    rows = np.flatnonzero(usable)
    for band in range(BANDS):
        part = np.ascontiguousarray(signatures[rows, band * _ROWS_A_BAND : (band + 1) * _ROWS_A_BAND])
        keys = part.view(np.dtype((np.void, part.dtype.itemsize * _ROWS_A_BAND))).ravel()
        _, number, size = np.unique(keys, return_inverse=True, return_counts=True)
        number = number.ravel()
        grouped[rows, band] = np.where(size[number] > 1, number, -1)
    return grouped


class SimilarRows:
    """Rows of a table of signatures that were added, findable by similarity."""

    def __init__(self, signatures: npt.NDArray[np.uint16], usable: npt.NDArray[np.bool_]) -> None:
        self._signatures = signatures
        self._groups = _groups(signatures, usable)
        self._added: dict[tuple[int, int], list[int]] = defaultdict(list)

    def _places(self, row: int) -> list[tuple[int, int]]:
        groups = self._groups[row]
        return [(int(band), int(groups[band])) for band in np.flatnonzero(groups >= 0)]

    def add(self, row: int) -> None:
        """Makes a row findable. Of a band's rows beyond 64, which are alike among themselves, no more are held."""
        for place in self._places(row):
            held = self._added[place]
            if len(held) < _MOST_COMPARED:
                held.append(row)

    def similar(self, row: int) -> list[tuple[int, float]]:
        """The added rows whose estimated similarity is at least 0.75, with it, in the order of their numbers."""
        near = sorted({other for place in self._places(row) for other in self._added.get(place, ())})
        if not near:
            return []
        shares = np.mean(self._signatures[near] == self._signatures[row], axis=1)
        return [(other, float(share)) for other, share in zip(near, shares, strict=True) if share >= THRESHOLD]
