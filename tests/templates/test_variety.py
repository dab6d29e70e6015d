"""A corpus does not read as one form letter."""

import statistics
from collections import Counter
from pathlib import Path

from templates.narrator import narrate
from templates.variety import distinct, masked, moulds, self_bleu, words
from tests.templates.test_narrator_golden import GOLDEN, executed, sections


def explanation(path: Path, seed: int = 0) -> str:
    return narrate(executed(sections(path.read_text())), seed=seed).explanation


TOLD = [explanation(path) for path in sorted(GOLDEN.glob("*.txt"))]


def test_code_chains_and_numbers_are_masked() -> None:
    assert masked("`a` is `1 + 2` = `3`, 12 items of ``'`'``.") == "{} is {}, # items of {}."


def test_a_step_is_its_sentences_without_number_and_line() -> None:
    assert moulds("I begin.\n\n1. Line 3: `x` is `1`. Go on.\n2. Done.\n") == [{"{} is {}", "Go on"}, {"Done"}]


def test_distinct_is_the_share_of_different_grams() -> None:
    assert distinct(["a", "b", "a", "b"], 2) == 2 / 3
    assert distinct(["a"], 2) == 0.0


def test_equal_texts_have_a_self_bleu_of_one_and_different_ones_next_to_none() -> None:
    assert self_bleu([["a", "b", "c", "d"]] * 2) == 1.0
    assert self_bleu([["a", "b", "c", "d"], ["e", "f", "g", "h"]]) < 0.01


def test_half_of_the_word_pairs_of_a_long_row_are_new_ones() -> None:
    long = [text for text in TOLD if len(moulds(text)) >= 20]
    assert len(long) >= 5
    assert statistics.median(distinct(words(text), 2) for text in long) >= 0.25


def test_no_mould_makes_up_more_than_a_twelfth_of_the_steps() -> None:
    steps = [sentences for text in TOLD for sentences in moulds(text)]
    most = Counter(mould for sentences in steps for mould in sentences).most_common(1)[0][1]
    assert most / len(steps) <= 0.08


def test_another_seed_tells_the_same_in_other_words() -> None:
    path = GOLDEN / "loops.txt"
    assert explanation(path, 1) != explanation(path, 2)
    assert explanation(path, 1) == explanation(path, 1)
