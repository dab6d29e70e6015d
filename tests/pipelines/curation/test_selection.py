"""Which programs and inputs are kept: by their properties, few and different inputs, and right or wrong."""

from dataclasses import replace

import pytest

from pipelines.curation.inputs import chosen_inputs, number_of_inputs
from pipelines.curation.options import Curation
from pipelines.curation.refuse import imported_modules, refusal
from pipelines.measures import Measures
from pipelines.options import BuildOptions
from pipelines.runs import StoredRun
from pipelines.select import select_problem
from pipelines.sources.located import Located, Posed
from pipelines.tell import predicted_solutions, tell_problem
from schemas.job import Program
from schemas.problem import Problem
from schemas.solution import Solution, TestCase

TEST = TestCase("1\n", None, "1")
SOLUTION = Solution("a", "p", "", Program("stdin", "print(1)"), None, (TEST,), "tests", "CC0-1.0")
PROBLEM = Problem("p", "stdin", "Print one.", None, (TEST,), "tests", "CC0-1.0")
OPTIONS = BuildOptions(("jsonl:f",))


def located(**changes: object) -> Located:
    return Located(replace(SOLUTION, **changes), "f", "f:1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("solution", "curation", "reason"),
    [
        (SOLUTION, Curation(), None),
        (replace(SOLUTION, correct=True), Curation(labels="correct"), None),
        (replace(SOLUTION, correct=False), Curation(labels="correct"), "label"),
        (replace(SOLUTION, correct=True), Curation(labels="incorrect"), "label"),
        (SOLUTION, Curation(labels="correct"), None),
        (SOLUTION, Curation(max_bytes=7), "too_long"),
        (SOLUTION, Curation(max_bytes=8), None),
        (SOLUTION, Curation(min_bytes=9), "too_short"),
        (replace(SOLUTION, program=Program("stdin", "x = 1\nprint(x)")), Curation(max_lines=1), "too_long"),
        (replace(SOLUTION, difficulty="HARD"), Curation(difficulties=("EASY", "MEDIUM")), "difficulty"),
        (replace(SOLUTION, difficulty="EASY"), Curation(difficulties=("EASY", "MEDIUM")), None),
        (replace(SOLUTION, tags=("dp", "math")), Curation(tags=("math",)), None),
        (SOLUTION, Curation(tags=("math",)), "tag"),
        (
            replace(SOLUTION, program=Program("stdin", "import os.path\n")),
            Curation(banned_imports=("os",)),
            "banned_import",
        ),
        (replace(SOLUTION, program=Program("stdin", "osx = 1\n")), Curation(banned_imports=("os",)), None),
    ],
)
def test_what_is_wanted(solution: Solution, curation: Curation, reason: str | None) -> None:
    refused = refusal(solution, curation)
    assert (refused[0] if refused else None) == reason


def test_imports_are_found_wherever_they_stand() -> None:
    code = "import a.b as c\ndef f():\n    from d.e import g\n    return __import__('h')\n"
    assert imported_modules(code) == {"a", "a.b", "d", "d.e", "d.e.g", "h"}


def many(*inputs: str) -> tuple[TestCase, ...]:
    return tuple(TestCase(text, None, None) for text in inputs)


def test_small_inputs_of_each_shape_are_chosen_first() -> None:
    tests = many("1 2 3 4 5 6 7 8 9\n" * 50, "1 2\n", "3 4\n", "-5 -6\n", "word\n", "5 6\n")
    chosen = [tests[place].stdin for place in chosen_inputs(tests, Curation(max_inputs=4))]
    assert chosen == ["1 2 3 4 5 6 7 8 9\n" * 50, "1 2\n", "-5 -6\n", "word\n"]
    assert [tests[place].stdin for place in chosen_inputs(tests, Curation(max_inputs=1))] == ["1 2\n"]


def test_a_yes_and_a_no_are_different_inputs() -> None:
    tests = tuple(TestCase(f"{n}\n", None, "YES" if n == 7 else "NO") for n in range(9))
    assert 7 in chosen_inputs(tests, Curation(max_inputs=2))


@pytest.mark.parametrize("curation", [Curation(), Curation(inputs="all"), Curation(inputs="all", max_inputs=2)])
def test_as_many_inputs_are_counted_as_are_chosen(curation: Curation) -> None:
    tests = (TEST, replace(TEST, stdin="2\n", hidden=True), replace(TEST, stdin="3\n"))
    assert number_of_inputs(tests, curation) == len(chosen_inputs(tests, curation))


def test_a_solution_without_inputs_runs_on_those_of_its_problem() -> None:
    posed = Posed(replace(PROBLEM, time_limit_s=3.0), "f", "f:1")
    selection = select_problem([located(tests=())], OPTIONS, [posed])
    assert [(each.id, each.input, each.limits.cpu_s) for each in selection.planned] == [("a/0", "1\n", 3.0)]


def test_a_program_without_any_input_is_a_reject() -> None:
    selection = select_problem([located(tests=())], OPTIONS)
    assert [entry.row.reason for entry in selection.rejects] == ["no_tests"]


def test_where_several_answers_may_be_right_none_is_judged() -> None:
    selection = select_problem([located(tests=())], OPTIONS, [Posed(replace(PROBLEM, checker="custom"), "f", "f:1")])
    assert [each.test.expected for each in selection.planned] == [None]


def test_a_problem_without_solutions_is_one_to_solve() -> None:
    hidden = replace(TEST, stdin="2\n", hidden=True)
    problem = replace(PROBLEM, tests=(TEST, hidden), checker="custom", difficulty="900", tags=("math",))
    (entry,) = tell_problem(select_problem([], OPTIONS, [Posed(problem, "f", "f:1")]), {}, OPTIONS, Measures())
    solve = entry.row
    assert (solve.checker, solve.difficulty, solve.tags) == ("custom", "900", ("math",))
    assert ([test.input for test in solve.public_tests], [test.input for test in solve.hidden_tests]) == (
        ["1\n"],
        ["2\n"],
    )


def test_a_problem_that_is_not_wanted_is_not_one_to_solve() -> None:
    options = BuildOptions(("jsonl:f",), curation=Curation(difficulties=("HARD",)))
    assert tell_problem(select_problem([], options, [Posed(PROBLEM, "f", "f:1")]), {}, options, Measures()) == []


def test_a_problem_that_overlaps_with_an_evaluation_set_gives_rejects_only() -> None:
    selection = select_problem([located(statement="Print one.")], OPTIONS, contaminated="its statement holds that of x")
    assert (selection.planned, selection.problems) == ((), ())
    assert [entry.row.reason for entry in selection.rejects] == ["contaminated"]


def run_of(identity: str, printed: str) -> StoredRun:
    return StoredRun(identity, "ok", printed.encode(), None, "", "", None, None, "", "")


@pytest.mark.parametrize(
    ("curation", "predicted"),
    [
        (Curation(predict_correct=2), {"right-0", "right-1", "model"}),
        (Curation(predict_correct=1, predict_wrong=True), {"right-0", "model", "wrong"}),
    ],
)
def test_some_right_solutions_of_each_model_are_to_be_predicted(curation: Curation, predicted: set[str]) -> None:
    rows = [located(id=f"right-{n}", program=Program("stdin", f"print({n} + 1 - {n})")) for n in range(3)]
    rows.append(located(id="model", model="m", program=Program("stdin", "print(2 - 1)")))
    rows.append(located(id="wrong", program=Program("stdin", "print(2)")))
    planned = select_problem(rows, OPTIONS).planned
    runs = {each.trace_id: run_of(each.trace_id, "2" if each.row.solution.id == "wrong" else "1") for each in planned}
    assert predicted_solutions(planned, runs, curation) == predicted


def test_where_several_answers_are_right_none_is_expected() -> None:
    judged = select_problem([located()], OPTIONS).planned
    left_open = select_problem([located(checker="custom")], OPTIONS)
    assert [each.test.expected for each in judged] == ["1"]
    assert [each.test.expected for each in left_open.planned] == [None]


def test_a_row_that_poses_its_problem_says_how_it_is_judged() -> None:
    selection = select_problem([located(checker="custom", statement="Print any number.")], OPTIONS)
    assert [each.problem.checker for each in selection.problems] == ["custom"]
