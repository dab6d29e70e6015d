"""Makes true narrations of a corpus false in one thing each, and counts which of these the checker catches.

    python -m benchmarks.mutations out/demo [--most 200] [--mutants 2000]

A mutant is one seeded change of a narration that passes: a value, an operand, an index, a line, an iteration's number,
a branch, two steps swapped, a step left out. Each mutant that passes is printed: either it is true nevertheless, or
the checker has a hole. The check's speed on true and on false narrations is printed beside.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

from benchmarks.narration import traces
from pipelines.tokens import DEFAULT_TOKENIZER, token_counter
from pipelines.verify_rows import execution_of_row
from schemas.narration import Narration
from templates.checker import check
from templates.checking.claims import patterns_of
from templates.execution import Execution
from templates.levels.tell import narrate_within
from templates.narrator import NarrationError
from tests.templates.mutations import KINDS, Mutant, mutate
from tracer.wire import decode

STYLES = ("steps", "blocks", "story", "state")
LONGEST = 2_000
"""Events of the longest trace that is mutated, so that no single one takes all the time."""


class Caught:
    """What came of the mutants."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.caught: Counter[str] = Counter()
        self.missed: list[str] = []
        self.seconds: Counter[str] = Counter()
        self.steps: Counter[str] = Counter()

    def check(self, what: str, execution: Execution, explanation: str, answer: str, style: str) -> bool:
        """Is it true? Keeps the time."""
        start = time.process_time()
        report = check(execution, explanation, answer, style=style)
        self.seconds[what] += time.process_time() - start
        self.steps[what] += len(execution.trace.events)
        return not report.problems

    def try_mutant(self, name: str, execution: Execution, mutant: Mutant, style: str) -> None:
        """Checks one mutant."""
        self.made[mutant.kind] += 1
        if not self.check("false", execution, mutant.explanation, mutant.answer, style):
            self.caught[mutant.kind] += 1
        else:
            self.missed.append(f"{name}, {style}, {mutant.kind}: {mutant.what}")


def told_rows(corpus: Path, most: int) -> list[tuple[str, Execution, dict[str, Narration]]]:
    """Executions of a corpus that are not too long, each told in every style."""
    count = token_counter(DEFAULT_TOKENIZER)
    found = []
    for row in traces(corpus, most):
        if row.events > LONGEST:
            continue
        execution = execution_of_row(row, decode(row.log))
        try:
            told = {style: narrate_within(execution, style=style, count=count) for style in STYLES}
        except NarrationError:
            continue
        found.append((row.execution_id, execution, told))
    return found


def main() -> int:
    """Prints the table, what was missed, and as the last line one JSON object; 1 if a true narration is refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="a corpus that `nlex build` wrote")
    parser.add_argument("--most", type=int, default=200, metavar="N", help="use at most N traces (200)")
    parser.add_argument("--mutants", type=int, default=2_000, metavar="N", help="how many mutants (2,000)")
    args = parser.parse_args()
    rows = told_rows(args.corpus, args.most)
    done = Caught()
    refused = [
        f"{name}, {style}"
        for name, execution, told in rows
        for style, narration in told.items()
        if not done.check("true", execution, narration.explanation, narration.answer, style)
    ]
    turn = 0
    while sum(done.made.values()) < args.mutants and turn < 20 * args.mutants:
        name, execution, told = rows[turn % len(rows)]
        kind = KINDS[(turn // len(rows) + turn) % len(KINDS)]
        style = STYLES[(turn // len(KINDS)) % len(STYLES)]
        narration = told[style]
        mutant = mutate(narration.explanation, narration.answer, patterns_of(style), kind, turn)
        turn += 1
        if mutant is not None and f"{name}, {style}" not in refused:
            done.try_mutant(name, execution, mutant, style)
    print("| kind | mutants | caught |\n| --- | ---: | ---: |")
    for kind in KINDS:
        if done.made[kind]:
            print(f"| {kind} | {done.made[kind]} | {100 * done.caught[kind] / done.made[kind]:.1f}% |")
    made, caught = sum(done.made.values()), sum(done.caught.values())
    print(f"| all | {made} | {100 * caught / made:.2f}% |\n")
    print("\n".join(["Passed:", *done.missed] if done.missed else ["None passed."]))
    rates = {what: done.steps[what] / done.seconds[what] for what in done.seconds}
    print(f"Checked: {rates['true']:,.0f} steps/s of true narrations, {rates['false']:,.0f} of false ones.")
    figures = {
        **{"rows": len(rows), "mutants": made, "caught": caught, "kinds": len([k for k in KINDS if done.made[k]])},
        **{"refused": refused, "true_steps_per_s": round(rates["true"]), "load": os.getloadavg()[0]},
    }
    print(json.dumps(figures))
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
