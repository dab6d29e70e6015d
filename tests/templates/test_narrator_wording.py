"""Every macro of the style writes sentences that the style's claims hold, each kind in many phrasings."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from templates.sentences import STYLES, StyleError, Voice, code, sentences
from tests.templates.test_narrator_golden import GOLDEN, sections

CLAIMS = [line.split(": ", 1) for line in (STYLES / "steps" / "steps.claims").read_text().splitlines() if ": " in line]
_CHAIN = re.compile(r"\{\}(?: = \{\})*")


def skeleton(sentence: str) -> str:
    """A sentence with a mark for each piece of code or chain of them, and for each number."""
    bare = re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "{}", sentence)
    return re.sub(r"\b\d+\b", "{#}", _CHAIN.sub("{}", bare))


PATTERNS = {re.sub(r"\{#\w+\}", "{#}", re.sub(r"\{\*?\w+\}", "{}", pattern)) for _, pattern in CLAIMS}


def test_every_sentence_of_the_golden_texts_is_a_claim() -> None:
    for path in sorted(GOLDEN.glob("*.txt")):
        for line in sections(path.read_text())["explanation"].splitlines():
            text = re.sub(r"^\d+\. (Line \d+: )?", "", line)
            for sentence in re.findall(r"[^.]+\.", skeleton(text)):
                assert sentence.strip() in PATTERNS, (path.name, line)


def test_every_kind_of_claim_has_a_macro_and_every_macro_a_kind() -> None:
    assert {macro.split("__")[0] for macro in sentences("steps").lines} == {kind for kind, _ in CLAIMS}


def test_every_kind_can_be_said_in_eight_ways() -> None:
    ways: dict[str, set[str]] = defaultdict(set)
    for macro, lines in sentences("steps").lines.items():
        ways[macro].update(lines)
    assert {macro: len(lines) for macro, lines in ways.items() if len(lines) < 8} == {}


def test_seed_and_step_pick_the_phrasing() -> None:
    def said(seed: str, step: int) -> str:
        voice = Voice(sentences("steps"), seed)
        voice.begin(step)
        return voice("becomes", "`x`", "`1`")

    assert said("a", 7) == said("a", 7)
    assert len({said("a", step) for step in range(200)}) == len(sentences("steps").lines["becomes"])
    assert len({said(str(seed), 1) for seed in range(200)}) == len(sentences("steps").lines["becomes"])


def test_a_macro_that_needs_an_input_it_is_not_given_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "mine.jinja").write_text("{% macro becomes(place, value) %}{{ plcae }} is {{ value }}.{% endmacro %}\n")
    with pytest.raises(StyleError, match=r"mine\.jinja.*plcae"):
        sentences(str(folder))


def test_a_fence_is_longer_than_any_run_of_backticks_inside() -> None:
    assert code("a") == "`a`"
    assert code("'`'") == "``'`'``"
    assert code("`a``b`") == "``` `a``b` ```"


def test_the_folder_of_a_style_holds_its_claims() -> None:
    for path in STYLES.glob("*/prompt_explain.jinja"):
        assert (path.parent / f"{path.parent.name}.claims").is_file()
