"""MinHash signatures of programs: what stands for the set of their short word sequences."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

Signature = npt.NDArray[np.uint16]

PERMUTATIONS = 125
WORDS_A_SHINGLE = 3
MIN_WORDS = 24
THRESHOLD = 0.75
_SEED = 1


def shingles(words: Sequence[str], size: int = WORDS_A_SHINGLE) -> set[str]:
    """All sequences of `size` words."""
    return {"\x1f".join(words[start : start + size]) for start in range(len(words) - size + 1)}


def signature(words: Sequence[str]) -> Signature | None:
    """The signature of a normal form's words; None for a program too short to tell a copy from a common idiom.

    The share of equal places of two signatures estimates the Jaccard similarity of their shingles.
    Sixteen bits a place are kept: two different values agree by chance once in 65,536.
    """
    if len(words) < MIN_WORDS:
        return None
    sketch = RMinHash(PERMUTATIONS, _SEED)
    sketch.update(sorted(shingles(words)))
    return np.array(sketch.digest(), dtype=np.uint32).astype(np.uint16)
