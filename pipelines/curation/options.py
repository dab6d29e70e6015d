"""What a build is asked to keep of what its sources hold."""

from dataclasses import dataclass
from typing import Literal

Dedup = Literal["none", "exact", "near"]
Labels = Literal["correct", "incorrect", "both"]
Inputs = Literal["public", "all"]


@dataclass(frozen=True)
class Curation:
    """Which programs and inputs are kept; the defaults keep all but exact duplicates and what would leak.

    Attributes:
        dedup: which duplicates within a split are left out; those between splits always are.
        decontaminate: `KIND:PATH` of sets that no row may overlap with, unless it is a row of an evaluation set.
        labels: which solutions, by what their source says of them; those it says nothing of are always kept.
        max_solutions: of a problem, model and label; None for all.
        inputs: whether hidden tests are run too (their answers then stand in explanations).
        max_inputs: of a solution, small and different ones first; None for all.
        synthesize: inputs that each program shall have, made from its own where it has fewer; 0 for none made.
        min_bytes, max_bytes, max_lines: bounds of a program's text.
        banned_imports: modules that no program may import.
        difficulties, tags: problems that have one of them; empty for all problems.
        predict_correct: correct solutions of a problem and model that become `output_prediction` rows (paper: 4).
        predict_wrong: whether wrong solutions become such rows too.
    """

    dedup: Dedup = "exact"
    decontaminate: tuple[str, ...] = ()
    labels: Labels = "both"
    max_solutions: int | None = None
    inputs: Inputs = "public"
    max_inputs: int | None = None
    synthesize: int = 0
    min_bytes: int = 0
    max_bytes: int = 1 << 20
    max_lines: int | None = None
    banned_imports: tuple[str, ...] = ()
    difficulties: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    predict_correct: int = 4
    predict_wrong: bool = False
