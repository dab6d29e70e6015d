"""How varied prose is: distinct n-grams within a text, likeness between texts, and how often a sentence's mould comes.

Values and names are masked throughout: two sentences that differ in their code and numbers alone are the same.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

_FENCED = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
_CHAIN = re.compile(r"\{\}(?: = \{\})+")
_NUMBER = re.compile(r"\b\d+\b")
_STEP = re.compile(r"^\d+(?:-\d+)?\. (?:Line \d+: )?", re.M)
_WORD = re.compile(r"\{\}|#|\w+|[^\w\s]")


def masked(text: str) -> str:
    """The text with `{}` for each piece of code or chain of them, and `#` for each number."""
    return _NUMBER.sub("#", _CHAIN.sub("{}", _FENCED.sub("{}", text)))


def moulds(explanation: str) -> list[set[str]]:
    """For each step, its sentences with code and numbers masked."""
    steps = [line for line in explanation.split("\n") if _STEP.match(line)]
    return [{piece.strip() for piece in masked(_STEP.sub("", step)).split(".") if piece.strip()} for step in steps]


def words(explanation: str) -> list[str]:
    """The words of the steps in order, masked, without the steps' numbers and lines."""
    return _WORD.findall(masked(_STEP.sub("", explanation)))


def distinct(tokens: Sequence[str], n: int) -> float:
    """The share of different n-grams among all n-grams of one text; 0 for a text that is too short."""
    grams = [tuple(tokens[at : at + n]) for at in range(len(tokens) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def self_bleu(texts: Sequence[Sequence[str]], n: int = 4) -> float:
    """The mean BLEU of each text against all others (Zhu et al. 2018, "Texygen"): 1 where all are the same.

    Clipped n-gram precisions up to `n` with add-one smoothing for orders above one; no brevity penalty, for the
    others are many and of all lengths.
    """
    scores = []
    for number, text in enumerate(texts):
        logs = 0.0
        for order in range(1, n + 1):
            own = _grams(text, order)
            most: Counter[tuple[str, ...]] = Counter()
            for other in (*texts[:number], *texts[number + 1 :]):
                most |= _grams(other, order)
            found, smooth = sum((own & most).values()), int(order > 1)
            logs += math.log(max(found + smooth, 1e-9) / max(own.total() + smooth, 1))
        scores.append(math.exp(logs / n))
    return sum(scores) / len(scores) if scores else 0.0


def _grams(text: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(text[at : at + n]) for at in range(len(text) - n + 1))
