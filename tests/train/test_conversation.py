"""Conversations become tokens with the loss on the assistant's words alone."""

from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerBase

from train.data.config import SourceConfig
from train.data.conversation import encode, prompt_ids, read_conversation
from train.data.packing import NO_TARGET
from train.data.shards import DataError
from train.model.config import ModelConfig
from train.model.loading import load_tokenizer
from train.model.tiny import END

ASKED = {"role": "user", "content": "What is 2 + 2?"}
ANSWERED = {"role": "assistant", "content": "Add 2 and 2.\n<output>4\n</output>"}
SOURCE = SourceConfig(path="-")
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture
def tokenizer(tiny: Path) -> PreTrainedTokenizerBase:
    return load_tokenizer(ModelConfig(path=str(tiny)))


def learned(tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, str]]) -> str:
    return tokenizer.decode([token for token in encode(tokenizer, messages).targets if token != NO_TARGET])


@pytest.mark.parametrize("template", [None, CHATML])
def test_targets_are_the_answer_and_the_end_token(tokenizer: PreTrainedTokenizerBase, template: str | None) -> None:
    tokenizer.chat_template = template or tokenizer.chat_template
    assert learned(tokenizer, [ASKED, ANSWERED]) == ANSWERED["content"] + END


def test_every_answer_of_a_longer_conversation_is_learned(tokenizer: PreTrainedTokenizerBase) -> None:
    second = {"role": "assistant", "content": "8"}
    messages = [ASKED, ANSWERED, {"role": "user", "content": "And twice that?"}, second]
    assert learned(tokenizer, messages) == ANSWERED["content"] + END + "8" + END


def test_a_target_is_the_token_that_follows(tokenizer: PreTrainedTokenizerBase) -> None:
    document = encode(tokenizer, [ASKED, ANSWERED])
    for place, target in enumerate(document.targets[:-1]):
        assert target in (NO_TARGET, document.ids[place + 1])
    assert document.targets[-1] == tokenizer.eos_token_id


def test_the_document_begins_with_the_prompt_of_generation(tokenizer: PreTrainedTokenizerBase) -> None:
    prompt = prompt_ids(tokenizer, [ASKED])
    document = encode(tokenizer, [ASKED, ANSWERED])
    assert list(document.ids[: len(prompt)]) == prompt
    assert document.targets[: len(prompt) - 1] == (NO_TARGET,) * (len(prompt) - 1)
    assert document.targets[len(prompt) - 1] != NO_TARGET


def test_a_template_without_an_end_token_gets_one(tokenizer: PreTrainedTokenizerBase) -> None:
    tokenizer.chat_template = "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}{% endfor %}"
    tokenizer.chat_template += "{% if add_generation_prompt %}[assistant] {% endif %}"
    assert learned(tokenizer, [ASKED, ANSWERED]).endswith(END)


def test_a_template_that_rewrites_earlier_turns_is_an_error(tokenizer: PreTrainedTokenizerBase) -> None:
    tokenizer.chat_template = "{{ messages | length }}{% for m in messages %}{{ m['content'] }}{% endfor %}"
    with pytest.raises(DataError, match="rewrites earlier text"):
        encode(tokenizer, [ASKED, ANSWERED])


def test_prompt_and_answer_columns_make_a_conversation() -> None:
    source = SourceConfig(
        path="-", prompt_column="prompt", answer_column="out", answer_format="<output>{answer}</output>"
    )
    turns = read_conversation({"prompt": "print(1)", "out": "1\n"}, source, "row")
    assert [turn["content"] for turn in turns] == ["print(1)", "<output>1\n</output>"]


@pytest.mark.parametrize(
    "turns", [None, [], [ASKED], [{"role": "assistant", "content": None}], [{"content": "x", "role": 3}]]
)
def test_a_row_without_a_usable_conversation_is_an_error_that_names_it(turns: object) -> None:
    with pytest.raises(DataError, match="shard:17"):
        read_conversation({"messages": turns}, SOURCE, "shard:17")
