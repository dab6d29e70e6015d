"""Duplicates, leaks and overlaps with evaluation sets are found, and unrelated programs are left alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.curation.candidates import Candidates, CandidateWriter
from pipelines.curation.contamination import EvaluationSets, evaluation_sets
from pipelines.curation.decide import decide
from pipelines.curation.intake import Intake
from pipelines.curation.normal_form import normal_form
from pipelines.curation.options import Curation, Dedup
from pipelines.curation.signature import MIN_WORDS, signature
from pipelines.sources.locate import SourceError
from pipelines.sources.located import Located
from pipelines.splits import hashed_split
from pipelines.spool import Spool
from schemas.job import Program
from schemas.solution import Solution, TestCase
from tests.pipelines.curation.planted import edited, programs, renamed

LONG = """
def paths(rows, cols, walls):
    table = [[0] * cols for _ in range(rows)]
    table[0][0] = 1
    for r in range(rows):
        for c in range(cols):
            if (r, c) in walls:
                table[r][c] = 0
                continue
            if r > 0:
                table[r][c] += table[r - 1][c]
            if c > 0:
                table[r][c] += table[r][c - 1]
    return table[rows - 1][cols - 1]
print(paths(3, 3, set()))
"""


def solution(name: str, code: str, **more: object) -> Solution:
    whole = {"problem_id": name, "statement": "", "entry": None, "source": "tests", "license": "CC0-1.0"} | more
    return Solution(id=name, program=Program("stdin", code), tests=(TestCase("", None, None),), **whole)  # type: ignore[arg-type]


@dataclass
class Decided:
    """Rows that were taken in, and why some of them are left out."""

    folder: Path
    curation: Curation
    sets: EvaluationSets

    def taken(self, solutions: Iterable[Solution]) -> tuple[Candidates, Intake]:
        self.folder.mkdir()
        intake = Intake(self.curation, self.sets, Spool(self.folder), CandidateWriter(self.folder), lambda name: "b")
        for number, each in enumerate(solutions):
            intake.take_solution(Located(each, "f", f"f:{number}"), 0)
        return intake.writer.close(), intake


@pytest.fixture
def reasons(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Why each of some solutions is left out, by its id."""
    folders = iter(range(100))

    def find(
        solutions: list[Solution],
        curation: Curation | None = None,
        sets: EvaluationSets | None = None,
        known: frozenset[bytes] = frozenset(),
    ) -> dict[str, str]:
        curation = curation or Curation()
        table, intake = Decided(tmp_path / str(next(folders)), curation, sets or EvaluationSets()).taken(solutions)
        found = {
            solutions[mark.row].id: mark.reason
            for mark in decide(table, curation, known, frozenset(intake.contaminated))
        }
        refused = intake.refused.get("b", {})
        return found | {solutions[place].id: reason for place, (reason, _) in refused.items()}

    return find


def in_train(number: int) -> list[str]:
    """Names of problems whose hash puts them into `train`."""
    return [name for name in (f"p{n}" for n in range(10 * number)) if hashed_split(name) == "train"][:number]


def in_test() -> str:
    return next(name for name in (f"p{n}" for n in range(1000)) if hashed_split(name) == "test")


def test_all_planted_copies_are_found_and_all_originals_stay(reasons: Callable[..., dict[str, str]]) -> None:
    originals = [
        (f"o{number}", code)
        for number, (_, code) in enumerate(programs("stdin_taco", "func_thealgorithms", "func_codeio", step=7))
    ]
    forms = {normal_form(code).digest for _, code in originals}
    assert len(forms) == len(originals)
    copies = [(f"c{number}", renamed(code, number)) for number, (_, code) in enumerate(originals)]
    found = reasons([solution(name, code, split="train") for name, code in originals + copies])
    assert found == {name: "duplicate" for name, _ in copies}


def test_nineteen_in_twenty_edited_copies_are_found(reasons: Callable[..., dict[str, str]]) -> None:
    files = ("stdin_taco", "func_cruxeval", "func_humaneval", "stdin_kattis")
    originals = [
        solution(f"o{number}", code, split="train")
        for number, (_, code) in enumerate(programs(*files, step=4))
        if len(normal_form(code).words) >= MIN_WORDS
    ]
    copies = [solution(f"c{each.id}", edited(each.program.code, 1), split="train") for each in originals]
    alone = reasons(originals, Curation(dedup="near"))
    found = reasons([*originals, *copies], Curation(dedup="near"))
    hits = [name for name in found if name.startswith("c")]
    assert len(hits) >= 0.95 * len(copies) > 200
    assert {name for name in found if name.startswith("o")} == set(alone)


def test_unrelated_programs_are_left_alone(reasons: Callable[..., dict[str, str]]) -> None:
    unrelated = [
        solution(name, code, split="train") for name, code in programs("stdin_taco", "func_cruxeval", "func_humaneval")
    ]
    found = reasons(unrelated, Curation(dedup="near"))
    assert len(found) < 0.005 * len(unrelated) + 5  # five CRUXEval programs are copies of others but for names
    assert [reason for reason in found.values() if reason == "near_duplicate"] == []


@pytest.mark.parametrize(
    ("dedup", "copy", "reason"),
    [
        ("none", renamed(LONG, 1), None),
        ("exact", renamed(LONG, 1), "duplicate"),
        ("near", renamed(LONG, 1), "duplicate"),
        ("none", edited(LONG, 1), None),
        ("exact", edited(LONG, 1), None),
        ("near", edited(LONG, 1), "near_duplicate"),
    ],
)
def test_what_counts_as_a_duplicate_within_a_split(
    dedup: Dedup, copy: str, reason: str | None, reasons: Callable[..., dict[str, str]]
) -> None:
    first, second = in_train(2)
    found = reasons([solution(first, LONG), solution(second, copy)], Curation(dedup=dedup))
    assert found == ({second: reason} if reason else {})


@pytest.mark.parametrize("dedup", ["none", "exact", "near"])
@pytest.mark.parametrize("copy", [renamed(LONG, 1), edited(LONG, 1)])
def test_a_copy_in_another_split_is_always_a_reject(
    dedup: Dedup, copy: str, reasons: Callable[..., dict[str, str]]
) -> None:
    (train,) = in_train(1)
    assert reasons([solution(train, LONG), solution(in_test(), copy)], Curation(dedup=dedup)) == {
        in_test(): "split_leak"
    }


def test_a_row_of_an_evaluation_set_stays_and_its_copies_go(reasons: Callable[..., dict[str, str]]) -> None:
    (train,) = in_train(1)
    evaluation = solution("held-out", renamed(LONG, 2), source="openai/human-eval")
    twin = solution("held-out too", LONG, source="openai/human-eval")
    assert reasons([solution(train, LONG), evaluation, twin]) == {train: "split_leak"}


def test_a_row_that_an_earlier_build_kept_is_not_taken_out(
    tmp_path: Path, reasons: Callable[..., dict[str, str]]
) -> None:
    (train,) = in_train(1)
    old, new = solution(train, LONG), solution(in_test(), edited(LONG, 1))
    table, _ = Decided(tmp_path / "before", Curation(), EvaluationSets()).taken([old])
    known = frozenset(table.rows["identity"].tolist())
    assert reasons([new, old]) == {train: "split_leak"}
    assert reasons([new, old], known=known) == {in_test(): "split_leak"}


def test_the_reject_names_the_row_that_stands_in_the_way(tmp_path: Path) -> None:
    (train,) = in_train(1)
    table, _ = Decided(tmp_path / "t", Curation(), EvaluationSets()).taken(
        [solution(train, LONG), solution(in_test(), LONG)]
    )
    (mark,) = decide(table, Curation())
    assert f"{train} (f:0)" in mark.message
    assert "'train'" in mark.message


def test_a_right_and_a_wrong_solution_of_a_problem_may_be_alike(reasons: Callable[..., dict[str, str]]) -> None:
    right = solution("a", LONG, problem_id="p", correct=True)
    wrong = solution("b", LONG.replace("r > 0", "r > 1"), problem_id="p", correct=False)
    again = solution("c", LONG.replace("c > 0", "c > 2"), problem_id="p", correct=True)
    assert reasons([right, wrong, again], Curation(dedup="near")) == {"c": "near_duplicate"}


def test_so_many_solutions_of_a_problem_and_model_are_kept(reasons: Callable[..., dict[str, str]]) -> None:
    rows = [
        solution(
            f"{model}{n}{correct}", f"print({n}, '{model}', {correct})\n", problem_id="p", model=model, correct=correct
        )
        for model in "ab"
        for correct in (True, False)
        for n in range(3)
    ]
    found = reasons(rows, Curation(max_solutions=2))
    assert found == {f"{model}2{correct}": "max_solutions" for model in "ab" for correct in (True, False)}


@pytest.fixture
def guarded() -> EvaluationSets:
    sets = EvaluationSets()
    for name, code in programs("func_cruxeval"):
        sets.add_program(name, code)
    sets.add_statement("guarded", " ".join(f"word{n % 37} of{n % 11} the{n}" for n in range(40)))
    return sets


def test_all_planted_leaks_of_an_evaluation_set_are_found(
    guarded: EvaluationSets, reasons: Callable[..., dict[str, str]]
) -> None:
    leaks = [solution(f"c{name}", renamed(code, seed)) for seed, (name, code) in enumerate(programs("func_cruxeval"))]
    found = reasons(leaks, sets=guarded)
    assert found == {leak.id: "contaminated" for leak in leaks}


def test_nineteen_in_twenty_edited_leaks_are_found(
    guarded: EvaluationSets, reasons: Callable[..., dict[str, str]]
) -> None:
    long_enough = [
        (name, code) for name, code in programs("func_cruxeval") if len(normal_form(code).words) >= MIN_WORDS
    ]
    leaks = [solution(f"c{name}", edited(code, seed)) for seed, (name, code) in enumerate(long_enough)]
    found = [name for name, reason in reasons(leaks, sets=guarded).items() if reason == "contaminated"]
    assert len(found) >= 0.95 * len(leaks) > 200


def test_programs_that_hold_a_leak_among_others_are_found(guarded: EvaluationSets) -> None:
    longest = sorted(programs("func_cruxeval"), key=lambda row: -len(normal_form(row[1]).words))[:40]
    hosts = [code for _, code in programs("stdin_taco")][: len(longest)]
    for (name, code), host in zip(longest, hosts, strict=True):
        form = normal_form(f"{host}\n\n{renamed(code, 5)}\n")
        assert guarded.program_hit(form, signature(form.words)), name


def test_unrelated_programs_are_not_taken_for_leaks(
    guarded: EvaluationSets, reasons: Callable[..., dict[str, str]]
) -> None:
    clean = [
        solution(name, code, split="train")
        for name, code in programs("stdin_taco", "func_thealgorithms", "func_codeio", "stdin_llm_apps", step=2)
    ]
    hits = [
        name for name, reason in reasons(clean, Curation(dedup="none"), guarded).items() if reason == "contaminated"
    ]
    assert len(hits) < 0.005 * len(clean)


def test_a_statement_that_holds_a_guarded_one_takes_its_problem_out(guarded: EvaluationSets) -> None:
    words = " ".join(f"word{n % 37} of{n % 11} the{n}" for n in range(40))
    assert "guarded" in guarded.statement_hit(f"Hello. {words.upper()}! Bye.")
    assert guarded.statement_hit("You are given n numbers. " * 30) == ""


def test_rows_of_an_evaluation_set_may_be_what_they_are(
    guarded: EvaluationSets, reasons: Callable[..., dict[str, str]]
) -> None:
    name, code = programs("func_cruxeval")[0]
    assert reasons([solution(name, code, source="facebookresearch/cruxeval")], sets=guarded) == {}


def test_a_guarded_file_without_rows_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("{}\n")
    with pytest.raises(SourceError, match="no row to stay clear of"):
        evaluation_sets([f"cruxeval:{tmp_path / 'empty.jsonl'}"])
