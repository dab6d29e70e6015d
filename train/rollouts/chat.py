"""Between texts and tokens: a prompt as the model's chat template frames it, and a reply read back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Chat(Protocol):
    """Turns prompts into tokens and tokens into replies."""

    def encode(self, prompt: str) -> tuple[int, ...]:
        """The tokens of a conversation whose only turn is this prompt, up to where the model begins to speak."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of a reply, without special tokens."""
        ...


class TokenizerChat:
    """The chat of a tokenizer with a chat template."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        self._tokenizer = tokenizer

    def encode(self, prompt: str) -> tuple[int, ...]:
        """The tokens of a conversation whose only turn is this prompt, up to where the model begins to speak."""
        from train.data.conversation import prompt_ids

        return tuple(prompt_ids(self._tokenizer, [{"role": "user", "content": prompt}]))

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of a reply, without special tokens."""
        text: str = self._tokenizer.decode(list(tokens), skip_special_tokens=True)
        return text
