"""Narrates and checks programs in every style, and says which could not be told and which the checker refuses.

    python -m benchmarks.all_styles DATA [--one-in N] [--only FILE ...] [--show N]

DATA is a folder of `jsonl` files in NLEX's own input format; every N-th program of each is taken, with its first input.
The programs run **without a sandbox**, in child processes with a limit of processor time: give it data that you trust.
Traces have the limits of a build (10,000 events, 1 MB). A program whose trace is whole is told in `steps`, `blocks`,
`story` and `state`, each narration is checked, and the frames of CWM are written.

A row is **narrated** where its trace is whole and every style is told and borne out; every other row has its reason.
"""

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from templates.checker import check
from templates.cwm import render_cwm
from templates.execution import Execution
from templates.levels.tell import narrate_within
from templates.narrator import NarrationError
from tests.tracing import trace_program

TOLD = ("steps", "blocks", "story", "state")
CPU_S = 10
MARKS = {"events": "its trace has more events than the limit", "bytes": "its trace has more bytes than the limit"}


@dataclass(frozen=True)
class Refusal:
    """A narration that the checker refuses, or a fault of ours: never right."""

    row: str
    style: str
    reason: str
    claim: str


def main() -> int:
    """Prints the table and the refusals, and as the last line one JSON object; fails where a narration is refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder of jsonl files")
    parser.add_argument("--one-in", type=int, default=1, metavar="N", help="every N-th program of each file (1)")
    parser.add_argument("--start", type=int, default=0, metavar="K", help="the first of them (0)")
    parser.add_argument("--only", nargs="*", metavar="FILE", help="files by name without `.jsonl` (all)")
    parser.add_argument("--show", type=int, default=40, metavar="N", help="print at most N refusals (40)")
    args = parser.parse_args()
    refusals: list[Refusal] = []
    table: dict[str, Counter[str]] = {}
    styles: Counter[tuple[str, str]] = Counter()
    for path in sorted(args.data.glob("*.jsonl")):
        if args.only and path.stem not in args.only:
            continue
        lines = path.read_text("utf-8").splitlines()[args.start :: args.one_in]
        counts = table.setdefault(path.stem, Counter())
        for line in tqdm(lines, desc=path.stem, unit="program", disable=None):
            outcome, found = told(json.loads(line))
            counts[outcome] += 1
            if outcome in ("narrated", "refused"):
                failed = {refusal.style for refusal in found}
                styles.update((style, "refused" if style in failed else "told") for style in (*TOLD, "cwm"))
            refusals += found
            for refusal in found:
                tqdm.write(f"{refusal.row} {refusal.style}: {refusal.reason} :: {refusal.claim[:300]}", file=sys.stderr)
    _print(table, styles)
    for refusal in refusals[: args.show]:
        print(f"{refusal.row}, {refusal.style}: {refusal.reason}\n    {refusal.claim[:400]}")
    rows = sum(counts.total() for counts in table.values())
    result: dict[str, Any] = {"rows": rows, "refused": len(refusals), "cpu_s": round(time.process_time())}
    result["narrated"] = {
        name: round(counts["narrated"] / counts.total(), 4) for name, counts in table.items() if counts
    }
    print(json.dumps(result))
    return 1 if refusals else 0


def told(row: dict[str, Any]) -> tuple[str, list[Refusal]]:
    """How a row came out (`narrated`, `refused`, or the reason why it cannot be told), and what was refused of it."""
    options: dict[str, Any] = {"setup": row.get("setup") or "", "prelude": row.get("prelude") or "", "cpu_s": CPU_S}
    options |= {"stdin": row["tests"][0]["input"]} if row["kind"] == "stdin" else {"call": row["calls"][0]["call"]}
    try:
        execution = trace_program(row["code"], **options)
    except (KeyError, ValueError):
        return f"it does not end within {CPU_S} s of processor time", []
    mark = execution.trace.mark
    if mark != "end":
        return MARKS.get(mark or "", f"its trace ends by {mark!r}"), []
    refusals: list[Refusal] = []
    for style in TOLD:
        try:
            refusals += refused(row["id"], execution, style)
        except NarrationError as error:
            return f"no narration: {error.reason}", []
        except Exception as error:
            refusals.append(Refusal(row["id"], style, f"{type(error).__name__}: {error}", ""))
    try:
        render_cwm(execution)
    except Exception as error:
        refusals.append(Refusal(row["id"], "cwm", f"{type(error).__name__}: {error}", ""))
    return ("refused" if refusals else "narrated"), refusals


def refused(name: str, execution: Execution, style: str) -> list[Refusal]:
    """The first claim of a style's narration that the checker refuses."""
    narration = narrate_within(execution, style=style, count=len)
    report = check(execution, narration.explanation, narration.answer, style=narration.style)
    return [
        Refusal(name, style, f"step {problem.step}: {problem.reason}", problem.claim) for problem in report.problems[:1]
    ]


def _print(table: dict[str, Counter[str]], styles: Counter[tuple[str, str]]) -> None:
    print(f"{'file':<22} {'rows':>6} {'narrated':>9} {'share':>7}  other rows")
    for name, counts in table.items():
        rows = counts.total()
        rest = "; ".join(f"{count} {why}" for why, count in counts.most_common() if why != "narrated")
        print(f"{name:<22} {rows:>6} {counts['narrated']:>9} {counts['narrated'] / max(rows, 1):>7.1%}  {rest}")
    for style in (*TOLD, "cwm"):
        print(f"{style}: {styles[style, 'told']} narrations borne out, {styles[style, 'refused']} refused")


if __name__ == "__main__":
    sys.exit(main())
