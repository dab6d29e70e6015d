"""A stranger's style: told by its folder, tried by the linter before."""

from pathlib import Path

import pytest

from pipelines.cli import main
from templates.checker import check
from templates.narrator import narrate
from templates.sentences import STYLES, StyleError, sentences
from templates.style_lint import COUNTS, GALLERY, Fault, lint_style, own_styles
from tests.templates.plain_style import plain_style
from tests.tracing import trace_program


def style(folder: Path, macros: str, claims: str = "include: steps\n") -> str:
    """A folder with one file of macros."""
    folder.mkdir()
    (folder / "mine.jinja").write_text(macros)
    (folder / "mine.claims").write_text(claims)
    return str(folder)


def faults(name: str) -> list[str]:
    return [fault.what for fault in lint_style(name).faults]


@pytest.mark.parametrize("name", own_styles())
def test_our_own_styles_have_no_fault(name: str) -> None:
    tried = lint_style(name)
    assert tried.faults == ()
    assert tried.macros == len(sentences(name).lines)


def test_the_gallery_has_something_for_every_input() -> None:
    for inputs in sentences("steps").inputs.values():
        assert set(inputs) <= {*GALLERY, *COUNTS, "shown"}


def test_a_style_says_what_it_writes_itself_and_the_rest_as_steps(tmp_path: Path) -> None:
    name = style(
        tmp_path / "mine",
        "{% macro becomes(place, value) %}\nPut {{ value }} down as {{ place }}.\n{% endmacro %}\n",
        "include: steps\nbecomes: Put {value} down as {place}.\n",
    )
    assert lint_style(name).faults == ()
    execution = trace_program("x = 1 + 1\ny = 'a'\n")
    told = narrate(execution, style=name)
    assert "Put `'a'` down as `y`." in told.explanation
    assert check(execution, told.explanation, told.answer, style=Path(name)).problems == ()
    assert check(execution, told.explanation, told.answer, style="steps").problems != ()


def test_a_sentence_that_no_claim_reads_is_a_fault_that_says_the_line_to_add(tmp_path: Path) -> None:
    name = style(
        tmp_path / "mine", "{% macro change(place, old, value) %}{{ place }}: {{ old }}, {{ value }}.{% endmacro %}"
    )
    assert lint_style(name).faults == (
        Fault(
            "mine.jinja: change",
            "no line of the claims reads '{place}: {old}, {value}.'; it would be `change: {place}: {old}, {value}.`",
        ),
    )


def test_a_sentence_that_its_claim_reads_otherwise_is_a_fault(tmp_path: Path) -> None:
    name = style(
        tmp_path / "mine",
        "{% macro change(place, old, value) %}{{ place }}: {{ old }}, {{ value }}.{% endmacro %}",
        "change: {place}: {value}, {old}.\n",
    )
    assert faults(name) != []


def test_a_macro_that_looks_at_its_inputs_is_a_fault(tmp_path: Path) -> None:
    name = style(
        tmp_path / "mine",
        "{% macro iteration(k) %}{% if k == 1 %}Iteration {{ k }} begins.{% else %}Now iteration {{ k }}.{% endif %}"
        "{% endmacro %}",
    )
    assert faults(name) == ["it writes something else for other inputs; a macro only places its inputs"]


def test_a_macro_that_nobody_says_or_with_other_inputs_is_a_fault(tmp_path: Path) -> None:
    name = style(
        tmp_path / "mine",
        "{% macro becoming(place) %}{{ place }}.{% endmacro %}\n"
        "{% macro stay(value, place) %}{{ place }}.{% endmacro %}",
    )
    assert sorted(faults(name)) == [
        "it takes (value, place), and is given (place, value) in this order",
        "no sentence is named so: the narrator never says it",
    ]


def test_what_cannot_be_rendered_or_read_is_a_fault_that_names_the_file(tmp_path: Path) -> None:
    name = style(tmp_path / "mine", "{% macro idle() %}{{ nothing }}.{% endmacro %}", "idle; Nothing.\n")
    first, second = lint_style(name).faults
    assert "mine.claims:1" in first.what
    assert "mine.jinja" in second.what
    assert "'nothing' is undefined" in second.what


def test_a_folder_without_templates_is_no_style(tmp_path: Path) -> None:
    with pytest.raises(StyleError, match="there are blocks, state, steps, story"):
        lint_style(str(tmp_path))


def test_the_command_counts_faults_and_exits_by_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["style", plain_style()]) == 0
    assert capsys.readouterr().out.endswith(": 0 faults\n")
    name = style(tmp_path / "mine", "{% macro idle() %}So it is.{% endmacro %}")
    assert main(["style", name, "--json"]) == 1
    assert '"faults": [{"where": "mine.jinja: idle"' in capsys.readouterr().out
    assert main(["style", "verse"]) == 2


def test_values_are_not_escaped() -> None:
    assert "`'<&>'`" in narrate(trace_program("x = '<&>'\n"), style="steps").explanation
    assert (STYLES / "steps" / "README.md").is_file()
