"""What counting tokens promises."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from pipelines.tokens import TokenizerError, token_counter, tokenizer_identity


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A tokenizer of whole words, saved as models come with theirs."""
    tokenizer = Tokenizer(WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def test_the_default_counts_what_a_real_vocabulary_makes_of_a_text() -> None:
    assert token_counter()("hello world") == 2


def test_special_tokens_are_plain_text() -> None:
    assert token_counter()("<|endoftext|>") > 1


def test_a_long_text_counts_as_much_as_its_lines() -> None:
    line = "12. Line 4: `total` goes from `3` to `14`.\n"
    assert token_counter()(line * 20_000) == 20_000 * token_counter()(line)


def test_a_lone_surrogate_is_counted_as_its_escape() -> None:
    assert token_counter()("\ud800") == token_counter()("\\ud800")


def test_a_models_tokenizer_is_read_from_its_folder_or_its_file(words: Path) -> None:
    assert token_counter(str(words))("a b c a") == 4
    assert token_counter(str(words / "tokenizer.json"))("a b c a") == 4
    assert tokenizer_identity(str(words)) == tokenizer_identity(str(words / "tokenizer.json"))


def test_another_file_is_another_tokenizer(words: Path) -> None:
    before = tokenizer_identity(str(words))
    (words / "tokenizer.json").write_text((words / "tokenizer.json").read_text() + "\n")
    assert tokenizer_identity(str(words)) != before


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(TokenizerError, match="o200k_base"):
        token_counter("no-such-vocabulary")


def test_a_file_that_is_no_tokenizer_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("[]")
    with pytest.raises(TokenizerError, match=r"tokenizer\.json"):
        token_counter(str(tmp_path))
