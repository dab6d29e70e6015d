"""Settings of the model: where it comes from, in which numbers it computes, what of it is trained."""

from typing import Literal

from pydantic import Field

from train.config import Section


class LoraConfig(Section):
    """Low-rank adapters in place of full fine-tuning (`peft`)."""

    rank: int = Field(default=16, ge=1)
    """Rank of the two factors of each adapter."""
    alpha: float = Field(default=32.0, gt=0)
    """Scale: an adapter's product is multiplied by alpha / rank."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of an adapter's inputs that are dropped in training."""
    targets: str = "all-linear"
    """Which layers get an adapter, as `peft` names them: all-linear, or a regular expression."""


class ModelConfig(Section):
    """A causal language model of `transformers`."""

    path: str
    """A folder, or a name on the Hugging Face Hub, of any causal language model of transformers."""
    random_weights: bool = False
    """Start from random weights of this architecture; the folder needs no weights then."""
    tokenizer: str | None = None
    """Where the tokenizer lies; the model's path by default."""
    compute: Literal["float32", "bfloat16"] = "bfloat16"
    """Numbers of the forward and backward pass. The weights that the optimizer steps are float32 either way."""
    rope_factor: float = Field(default=1.0, ge=1)
    """Stretches the positions by this factor (linear RoPE scaling); the paper uses 2 for 65,536 tokens."""
    activation_checkpointing: Literal["none", "every-second", "full"] = "none"
    """Which layers recompute their activations in the backward pass instead of keeping them."""
    compile: bool = False
    """Compile each layer with torch.compile."""
    logit_chunk: int = Field(default=1024, ge=1)
    """Target positions whose logits exist at one time; bounds the memory of the output layer."""
    lora: LoraConfig | None = None
    """Train adapters only; null trains every weight."""
