"""A causal language model that scores packed documents: what SFT and RL train."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import nn
from torch.distributed.fsdp import FSDPModule
from transformers import PreTrainedModel

from train.config import ConfigError
from train.data.packing import NO_TARGET, PackedBatch
from train.model.logprobs import TokenScores, token_logprobs

Item = TypeVar("Item")

# Settings by which an architecture changes its logits after the output layer.
_LOGIT_CHANGES = ("final_logit_softcapping", "logits_scaling", "logit_scale", "lm_head_multiplier")


class ModelError(ConfigError):
    """A model that cannot be had or cannot be trained."""


class Policy(nn.Module):
    """A `transformers` causal language model whose forward pass gives the log-probabilities of a packed row's targets.

    Attributes:
        lm: the model itself, with packed attention.
        compute: numbers of the forward pass; the weights stay float32.

    Raises:
        ModelError: the architecture changes its logits in a way that `token_logprobs` does not know.
    """

    def __init__(self, lm: PreTrainedModel, compute: torch.dtype, chunk: int) -> None:
        super().__init__()
        changes = [name for name in _LOGIT_CHANGES if lm.config.to_dict().get(name) not in (None, 1, 1.0)]
        if changes:
            raise ModelError(f"{type(lm).__name__} changes its logits by {changes[0]}, which training does not support")
        self.lm = lm
        self.compute = compute
        self.chunk = chunk

    def forward(self, batch: PackedBatch, temperature: float = 1.0) -> TokenScores:
        """Scores the N targets of a packed row, in their order; positions without a target are left out."""
        with torch.autocast(batch.input_ids.device.type, self.compute, enabled=self.compute != torch.float32):
            hidden = self.hidden(batch)
            head: Any = self.lm.get_output_embeddings()
            chosen = batch.targets != NO_TARGET
            return token_logprobs(
                hidden[chosen],
                head.weight,
                batch.targets[chosen],
                bias=head.bias,
                temperature=temperature,
                chunk=self.chunk,
            )

    def hidden(self, batch: PackedBatch) -> torch.Tensor:
        """The last hidden states [T, d] of a packed row."""
        states: torch.Tensor = self.lm.base_model(
            input_ids=batch.input_ids.unsqueeze(0),
            position_ids=batch.position_ids.unsqueeze(0),
            cu_seq_lens_q=batch.cu_seqlens,
            cu_seq_lens_k=batch.cu_seqlens,
            max_length_q=batch.max_length,
            max_length_k=batch.max_length,
            use_cache=False,
        ).last_hidden_state
        return states.squeeze(0)


def passes(policy: nn.Module, items: Sequence[Item]) -> Iterator[Item]:
    """The items, one a forward and backward pass; sharded gradients are summed over the ranks after the last only."""
    for number, item in enumerate(items):
        if isinstance(policy, FSDPModule):
            policy.set_requires_gradient_sync(number == len(items) - 1)
        yield item


@contextmanager
def generating(policy: Policy) -> Iterator[PreTrainedModel]:
    """The model ready for `generate`: evaluation mode, attention with padding and a cache, no gradients."""
    lm = policy.lm
    training, attention = lm.training, lm.config._attn_implementation
    lm.eval()
    lm.set_attn_implementation("sdpa")
    device = next(lm.parameters()).device.type
    try:
        with torch.no_grad(), torch.autocast(device, policy.compute, enabled=policy.compute != torch.float32):
            yield lm
    finally:
        lm.set_attn_implementation(attention)
        lm.train(training)
