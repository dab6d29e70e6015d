"""Measures how varied the prose of a corpus is: distinct n-grams, self-BLEU, and the share of each sentence mould.

    python -m benchmarks.variety CORPUS [--most N] [--style STYLE] [--seed SEED]

Values, names and numbers are masked; steps' numbers and lines do not count. Distinct n-grams are within a row, for
rows of 20 steps and more.
"""

import argparse
import json
import statistics
import sys
from collections import Counter
from pathlib import Path

from benchmarks.narration import traces
from pipelines.verify_rows import execution_of_row
from templates.narrator import NarrationError, narrate
from templates.variety import distinct, moulds, self_bleu, words
from tracer.wire import decode

_COMPARED = 60
_FIRST_WORDS = 400


def main() -> int:
    """Prints the table, and as the last line one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="a corpus that `nlex build` wrote")
    parser.add_argument("--most", type=int, default=1_000, metavar="N", help="use at most N traces (1,000)")
    parser.add_argument("--style", default="steps", help="a style's name or folder (steps)")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the phrasings (0)")
    args = parser.parse_args()
    told = []
    for row in traces(args.corpus, args.most):
        try:
            told.append(narrate(execution_of_row(row, decode(row.log)), style=args.style, seed=args.seed).explanation)
        except NarrationError:
            continue
    figures = measured(told)
    for name, figure in figures.items():
        print(f"{name:<28} {figure}")
    print(json.dumps(figures))
    return 0


def measured(told: list[str]) -> dict[str, float | int | str]:
    """The figures of these explanations."""
    steps: Counter[str] = Counter()
    count = 0
    shares: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for explanation in told:
        found = moulds(explanation)
        count += len(found)
        for sentences in found:
            steps.update(sentences)
        if len(found) >= 20:
            tokens = words(explanation)
            for n, values in shares.items():
                values.append(distinct(tokens, n))
    mould, most = steps.most_common(1)[0] if steps else ("", 0)
    stride = max(1, len(told) // _COMPARED)
    return {
        "rows": len(told),
        "steps": count,
        **{f"distinct-{n}, median": round(statistics.median(values), 3) for n, values in shares.items() if values},
        "self-BLEU-4": round(self_bleu([words(text)[:_FIRST_WORDS] for text in told[::stride]]), 3),
        "moulds": len(steps),
        "most frequent mould": mould,
        "its share of steps": round(most / max(count, 1), 4),
    }


if __name__ == "__main__":
    sys.exit(main())
