"""A Qwen2-like model with random weights and a byte-level tokenizer, small enough to train in a test."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

END = "<|im_end|>"
VOCABULARY = 384
_SPECIAL = ["<|endoftext|>", "<|im_start|>", END]
_TEXTS = ("print(input())\n", "<output>12</output>", "assert f(1) == ??", "def f(a):\n    return a + 1\n", "0123456789")


def make_tiny_model(
    folder: Path, *, texts: Sequence[str] = _TEXTS, tied: bool = True, seed: int = 0, layers: int = 2, width: int = 64
) -> Path:
    """Saves model and tokenizer, which learns from `texts`, to `folder`, ready for transformers and vLLM."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=_SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=_SPECIAL[0])
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 32,
        num_key_value_heads=1,
        max_position_embeddings=2048,
        tie_word_embeddings=tied,
        eos_token_id=fast.eos_token_id,
        bos_token_id=None,
        initializer_range=0.08,
    )
    model = Qwen2ForCausalLM(config).to(torch.float32)
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder
