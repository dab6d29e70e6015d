"""How many planted copies of real programs deduplication and decontamination find, and how many programs they take for
copies that are none:

    python benchmarks/planted_copies.py ../shared/data/*.jsonl
"""

import json
import sys
from pathlib import Path
from random import Random

import numpy as np

from pipelines.curation.contamination import EvaluationSets
from pipelines.curation.normal_form import NormalForm, normal_form
from pipelines.curation.signature import MIN_WORDS, THRESHOLD, signature
from tests.pipelines.curation.planted import edited, renamed

UNRELATED = ("stdin_taco", "func_cruxeval", "func_humaneval")
"""Sets in which every program solves a task of its own."""


def programs(path: Path) -> dict[str, str]:
    """The programs of a file by id, each normal form once."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    fresh = {normal_form(row["code"]).digest: row for row in reversed(rows)}
    return {row["id"]: row["code"] for row in reversed(fresh.values())}


def same(left: NormalForm, right: NormalForm) -> bool:
    """Whether two programs count as nearly the same."""
    first, second = signature(left.words), signature(right.words)
    return first is not None and second is not None and bool(np.mean(first == second) >= THRESHOLD)


def false_hits(forms: list[NormalForm]) -> int:
    """Programs of a set that count as nearly another one of it."""
    signatures = np.stack([sketch for form in forms if (sketch := signature(form.words)) is not None])
    shares = [np.mean(signatures == each, axis=1) for each in signatures]
    return sum(int((share >= THRESHOLD).sum() > 1) for share in shares)


def main() -> None:
    """Prints a table by file, and one line of JSON."""
    print("| file | programs | renamed found | edited, of 24 words and more | found | taken for a copy of another |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    exact = near = of_all = of_long = false = unrelated = 0
    for path in map(Path, sys.argv[1:]):
        found = programs(path)
        forms = {name: normal_form(code) for name, code in found.items()}
        twins = sum(
            normal_form(renamed(code, seed)).digest == forms[name].digest
            for seed, (name, code) in enumerate(found.items())
        )
        long = {name: code for name, code in found.items() if len(forms[name].words) >= MIN_WORDS}
        alike = sum(
            same(forms[name], normal_form(edited(code, seed))) for seed, (name, code) in enumerate(long.items())
        )
        exact, near, of_all, of_long = exact + twins, near + alike, of_all + len(found), of_long + len(long)
        hits = false_hits(list(forms.values())) if path.stem in UNRELATED else None
        if hits is not None:
            false, unrelated = false + hits, unrelated + len(found)
        shown = "" if hits is None else f"{hits}"
        print(f"| {path.stem} | {len(found):,} | {twins:,} | {len(long):,} | {alike / len(long):.1%} | {shown} |")
    guarded = EvaluationSets()
    leaks = programs(next(Path(name) for name in sys.argv[1:] if "cruxeval" in name))
    for name, code in leaks.items():
        guarded.add_program(name, code)
    caught = sum(
        bool(guarded.program_hit(form := normal_form(renamed(code, 9)), signature(form.words)))
        for code in leaks.values()
    )
    others = [code for name in sys.argv[1:] if "cruxeval" not in name for code in programs(Path(name)).values()]
    sample = Random(0).sample(others, min(1000, len(others)))
    taken = sum(bool(guarded.program_hit(form := normal_form(code), signature(form.words))) for code in sample)
    print(
        f"\nRenamed CRUXEval programs found: {caught} of {len(leaks)}; others taken for one: {taken} of {len(sample)}"
    )
    result = {"exact_found": exact / of_all, "near_found": near / of_long, "false_near": false / max(1, unrelated)}
    print(json.dumps(result | {"leaks_found": caught / len(leaks), "false_leaks": taken / len(sample)}))


if __name__ == "__main__":
    main()
