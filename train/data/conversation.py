"""Conversations as tokens, with the loss on what the assistant says."""

from collections.abc import Mapping, Sequence
from typing import Any

from transformers import PreTrainedTokenizerBase

from train.data.config import SourceConfig
from train.data.packing import NO_TARGET, Document
from train.data.shards import DataError

Conversation = Sequence[Mapping[str, str]]


def read_conversation(row: Mapping[str, Any], source: SourceConfig, name: str) -> Conversation:
    """The turns of a shard's row.

    Raises:
        DataError: a turn lacks its role or content, or there is no assistant's turn.
    """
    if source.prompt_column is not None and source.answer_column is not None:
        prompt, answer = row[source.prompt_column], row[source.answer_column]
        if not isinstance(prompt, str) or not isinstance(answer, str):
            raise DataError(f"{name}: {source.prompt_column!r} and {source.answer_column!r} must be texts")
        return [
            {"role": "user", "content": prompt},
            {"role": "assistant", "content": source.answer_format.replace("{answer}", answer)},
        ]
    turns = row[source.messages_column]
    for number, turn in enumerate(turns or ()):
        if not isinstance(turn.get("role"), str) or not isinstance(turn.get("content"), str):
            raise DataError(f"{name}: turn {number} of {source.messages_column!r} lacks its role or its content")
    if not turns or all(turn["role"] != "assistant" for turn in turns):
        raise DataError(f"{name}: {source.messages_column!r} has no assistant's turn to learn from")
    return [{"role": turn["role"], "content": turn["content"]} for turn in turns]


def prompt_text(tokenizer: PreTrainedTokenizerBase, messages: Conversation) -> str:
    """The conversation as the chat template writes it, up to where the assistant begins to speak."""
    return str(tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True))


def prompt_ids(tokenizer: PreTrainedTokenizerBase, messages: Conversation) -> list[int]:
    """The tokens of `prompt_text`."""
    return list(tokenizer(prompt_text(tokenizer, messages), add_special_tokens=False)["input_ids"])


def encode(tokenizer: PreTrainedTokenizerBase, messages: Conversation, name: str = "") -> Document:
    """Tokenizes a conversation; targets are the assistant's words and the end token after them.

    Each prompt and each answer is tokenized apart, as in generation, where the prompt is all there is.

    Raises:
        DataError: the chat template writes a turn differently once others follow it, so no boundary can be found.
    """
    ids: list[int] = []
    spoken: list[bool] = []
    written = ""
    for place, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        before = prompt_text(tokenizer, messages[:place])
        after = str(tokenizer.apply_chat_template(list(messages[: place + 1]), tokenize=False))
        if not before.startswith(written) or not after.startswith(before):
            raise DataError(f"{name}: the chat template rewrites earlier text when turn {place} is added")
        prompt = tokenizer(before[len(written) :], add_special_tokens=False)["input_ids"]
        answer = tokenizer(after[len(before) :], add_special_tokens=False)["input_ids"]
        end = _end_of_answer(answer, tokenizer.eos_token_id)
        if end == 0:
            answer, end = [*answer, tokenizer.eos_token_id], len(answer) + 1
        ids += [*prompt, *answer]
        spoken += [False] * len(prompt) + [True] * end + [False] * (len(answer) - end)
        written = after
    while spoken and not spoken[-1]:
        ids.pop()
        spoken.pop()
    if len(ids) < 2:
        raise DataError(f"{name}: the conversation is empty")
    targets = [token if said else NO_TARGET for token, said in zip(ids[1:], spoken[1:], strict=True)]
    return Document(tuple(ids[:-1]), tuple(targets), name)


def _end_of_answer(answer: Sequence[int], end_token: int) -> int:
    """How many tokens reach to the last end token, it included; 0 if there is none."""
    return next((place + 1 for place in reversed(range(len(answer))) if answer[place] == end_token), 0)
