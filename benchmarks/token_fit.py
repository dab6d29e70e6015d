"""Counts how many traces of a corpus fit how many tokens, by level, and what the ladder makes of the rest.

    python -m benchmarks.token_fit CORPUS [--most N]

Tokens are those of prompt, explanation and answer together, by the default vocabulary, unless a column says otherwise.
"""

import argparse
import json
import statistics
import sys
from collections import Counter
from pathlib import Path

from benchmarks.narration import traces
from pipelines.tokens import DEFAULT_TOKENIZER, token_counter
from pipelines.verify_rows import execution_of_row
from templates.cwm import render_cwm
from templates.levels.tell import narrate_within
from templates.narrator import NarrationError
from tracer.wire import decode

BUDGETS = (2_048, 8_192, 32_768)
LEVELS = ("steps", "blocks", "story", "state")
CRUXEVAL = "cruxeval"


def main() -> int:
    """Prints the tables, and as the last line one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="a corpus that `nlex build` wrote")
    parser.add_argument("--most", type=int, default=2_000, metavar="N", help="use at most N traces (2,000)")
    args = parser.parse_args()
    count = token_counter(DEFAULT_TOKENIZER)
    sizes: dict[str, list[int]] = {level: [] for level in LEVELS}
    told: dict[str, list[int]] = {level: [] for level in LEVELS}
    smaller: dict[str, list[float]] = {level: [] for level in LEVELS}
    picked: Counter[tuple[int, str]] = Counter()
    untold: Counter[str] = Counter()
    for row in traces(args.corpus, args.most):
        execution = execution_of_row(row, decode(row.log))
        try:
            narrations = {level: narrate_within(execution, style=level, count=count) for level in LEVELS}
        except NarrationError as error:
            untold[error.reason] += 1
            continue
        frames = count(render_cwm(execution))
        for level, narration in narrations.items():
            spoken = count(f"{narration.explanation}\n{narration.answer}")
            sizes[level].append(count(narration.prompt) + spoken)
            smaller[level].append(frames / count(narration.explanation))
            if CRUXEVAL in row.source.lower():
                told[level].append(count(narration.explanation))
        for budget in BUDGETS:
            try:
                level = narrate_within(execution, style="steps", max_tokens=budget, count=count).style
            except NarrationError:
                level = "none"
            picked[budget, level] += 1
    rows = len(sizes["steps"])
    head = " | ".join(f"<= {budget:,}" for budget in BUDGETS)
    print(f"{rows:,} traces narrated; not narrated: {dict(untold)}\n")
    print(f"| level | median | 90% | {head} | times smaller than CWM, median | CRUXEval explanation, median |")
    print("| --- | " + "---: | " * (len(BUDGETS) + 4))
    figures: dict[str, object] = {"rows": rows}
    for level in LEVELS:
        ordered = sorted(sizes[level])
        shares = [sum(size <= budget for size in ordered) / rows for budget in BUDGETS]
        crux = statistics.median(told[level]) if told[level] else 0
        ratio = statistics.median(smaller[level])
        shown = " | ".join(f"{share:.1%}" for share in shares)
        print(
            f"| {level} | {statistics.median(ordered):,.0f} | {ordered[rows * 9 // 10]:,} | {shown} | {ratio:.2f} | "
            f"{crux:,.0f} |"
        )
        figures[level] = {"shares": [round(s, 4) for s in shares], "cwm_ratio": round(ratio, 2), "crux": crux}
    print("\n| budget | fits | told in steps | blocks | story | state |\n| ---: | ---: | ---: | ---: | ---: | ---: |")
    for budget in BUDGETS:
        fits = 1 - picked[budget, "none"] / rows
        shares = [picked[budget, level] / rows for level in LEVELS]
        print(f"| {budget:,} | {fits:.1%} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
        figures[f"ladder_{budget}"] = round(fits, 4)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
