"""Every macro of the style writes a sentence that the style's claims hold, and every claim has its macro."""

import re
from pathlib import Path

from templates.sentences import STYLES, code, sentences
from tests.templates.test_narrator_golden import GOLDEN, sections

CLAIMS = [line.split(": ", 1) for line in (STYLES / "steps" / "steps.claims").read_text().splitlines() if ": " in line]
AROUND = {"step", "work_plain"}


def skeleton(sentence: str) -> str:
    """A sentence with a mark for each piece of code and each number."""
    bare = re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "{}", sentence)
    return re.sub(r"\b\d+\b", "{#}", bare)


PATTERNS = {re.sub(r"\{#\w+\}", "{#}", re.sub(r"\{\w+\}", "{}", pattern)) for _, pattern in CLAIMS}


def test_every_sentence_of_the_golden_texts_is_a_claim() -> None:
    for path in sorted(GOLDEN.glob("*.txt")):
        for line in sections(path.read_text())["explanation"].splitlines():
            text = re.sub(r"^\d+\. (Line \d+: )?", "", line)
            for sentence in re.findall(r"[^.]+\.", skeleton(text)):
                assert sentence.strip() in PATTERNS, (path.name, line)


def test_every_kind_of_claim_has_a_macro_and_every_macro_a_kind() -> None:
    kinds = {kind for kind, _ in CLAIMS}
    macros = {name for name in vars(sentences("steps")) if not name.startswith("_")}
    assert macros - AROUND == kinds


def test_a_fence_is_longer_than_any_run_of_backticks_inside() -> None:
    assert code("a") == "`a`"
    assert code("'`'") == "``'`'``"
    assert code("`a``b`") == "``` `a``b` ```"


def test_the_folder_of_a_style_holds_its_sentences_and_claims() -> None:
    for path in STYLES.glob("*/sentences.jinja"):
        assert Path(path.parent / f"{path.parent.name}.claims").is_file()
