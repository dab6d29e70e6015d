"""Small models from nothing: a tokenizer trained on the texts at hand and a Llama architecture without weights."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import jinja2
from tokenizers import Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.trainers import BpeTrainer
from transformers import LlamaConfig, PreTrainedTokenizerFast

from train.config import Section
from train.data.config import SourceConfig
from train.data.conversation import Conversation, read_conversation
from train.data.shards import DataError, Shards
from train.exit_codes import DONE, USAGE
from train.model.loading import CHAT_TEMPLATE

END = "<|end|>"


class TinyConfig(Section):
    """The shape of a small model."""

    vocabulary: int = 2048
    """Tokens of the vocabulary, the 256 bytes and the end token among them."""
    width: int = 192
    """Size of the hidden states."""
    layers: int = 6
    """Decoder layers."""
    heads: int = 6
    """Attention heads; half as many keys and values."""
    tied: bool = True
    """Whether the output layer is the embedding."""
    positions: int = 4096
    """Tokens that the model is made for."""
    whole_lines: bool = False
    """Let a token hold digits and names too, up to a whole line; otherwise each of these is a token of its own."""


def make_tiny(folder: Path, texts: Iterable[str], shape: TinyConfig) -> Path:
    """Writes tokenizer and architecture; load them with `random_weights`.

    A token may span words, up to a whole line, so that prose costs few; unless `whole_lines` is set, digits and names
    of one letter stay tokens of their own, so that what a program computes with is told apart.

    Returns:
        the folder.
    """
    words = Tokenizer(BPE())
    apart = () if shape.whole_lines else (Split(Regex(r"\d|(?<!\w)[A-Za-z_](?!\w)"), "isolated"),)
    words.pre_tokenizer = Sequence(
        [Split("\n", "merged_with_previous"), *apart, ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    words.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(
        vocab_size=shape.vocabulary,
        special_tokens=[END],
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    words.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token=END, pad_token=END)
    tokenizer.save_pretrained(folder)
    # Transformers reads a Llama's tokenizer as it was saved; beside a Qwen2 it puts Qwen's own splitting in its place.
    LlamaConfig(
        architectures=["LlamaForCausalLM"],
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=-(-shape.width * 8 // 3 // 16) * 16,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=max(1, shape.heads // 2),
        max_position_embeddings=shape.positions,
        tie_word_embeddings=shape.tied,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    ).save_pretrained(folder)
    return folder


def texts_of(source: SourceConfig) -> Iterable[str]:
    """A source's conversations as they are written for a tokenizer without a chat template."""
    for name, row in Shards(source, 0).rows(0):
        yield written(read_conversation(row, source, name))


def written(messages: Conversation) -> str:
    """A conversation with the words that mark its turns, so that these cost few tokens too; the end token left out."""
    template = jinja2.Template(CHAT_TEMPLATE.read_text(), keep_trailing_newline=True)
    return template.render(messages=messages, eos_token="", add_generation_prompt=False)


def main() -> int:
    """`python -m train.model.tiny CORPUS FOLDER`; returns the exit code."""
    parser = argparse.ArgumentParser(prog="train.model.tiny", description=__doc__)
    parser.add_argument("corpus", help="a corpus folder; the tokenizer learns from its explanations")
    parser.add_argument("folder", type=Path, help="where tokenizer and architecture go")
    args = parser.parse_args()
    try:
        make_tiny(args.folder, texts_of(SourceConfig(path=args.corpus)), TinyConfig())
    except DataError as error:
        print(f"train.model.tiny: {error}", file=sys.stderr)
        return USAGE
    return DONE


if __name__ == "__main__":
    sys.exit(main())
