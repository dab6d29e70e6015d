"""Causal attention that never crosses a document's boundary, as a function that transformers' models call."""

import itertools
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

PACKED_ATTENTION = "nlex_packed"


def attend_within_documents(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    cu_seq_lens_q: Tensor,
    max_length_q: int,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention over one packed row: query [1, H, T, d], key and value [1, H_kv, T, d]; returns [1, T, H, d].

    On CUDA this is PyTorch's variable-length kernel; elsewhere one `scaled_dot_product_attention` a document.
    `transformers` makes no mask for an attention function without a registered mask, so `attention_mask` is None.

    Raises:
        ValueError: a mask or attention dropout is asked for, or the batch has more than one row.
    """
    if attention_mask is not None or dropout or query.shape[0] != 1:
        raise ValueError("packed attention takes one row, no mask and no dropout")
    if query.is_cuda:
        # Under autocast the rotary embedding leaves queries and keys in float32.
        query, key = query.to(value.dtype), key.to(value.dtype)
        window = -1 if sliding_window is None else sliding_window - 1
        return _variable_length(query, key, value, cu_seq_lens_q, max_length_q, scale=scaling, window=window), None
    return _one_by_one(query, key, value, cu_seq_lens_q.tolist(), scale=scaling, window=sliding_window), None


def _one_by_one(
    query: Tensor, key: Tensor, value: Tensor, starts: list[int], *, scale: float | None, window: int | None
) -> Tensor:
    shared = query.shape[1] != key.shape[1]
    lengths = [end - start for start, end in itertools.pairwise(starts)]
    parts = []
    # A processor's kernel takes three times as long over bfloat16 in the backward pass as over float32.
    with torch.autocast(query.device.type, enabled=False):
        # Split once: the gradient of each slice would be as long as the whole row.
        documents = (tensor.float().split(lengths, dim=2) for tensor in (query, key, value))
        for length, *projected in zip(lengths, *documents, strict=True):
            mask = None
            if window is not None and length > window:
                position = torch.arange(length, device=query.device)
                behind = position[:, None] - position[None, :]
                mask = (behind >= 0) & (behind < window)
            parts.append(
                scaled_dot_product_attention(
                    *projected, attn_mask=mask, is_causal=mask is None, scale=scale, enable_gqa=shared
                )
            )
    return torch.cat(parts, dim=2).transpose(1, 2).to(value.dtype)


def _variable_length(
    query: Tensor, key: Tensor, value: Tensor, starts: Tensor, longest: int, *, scale: float | None, window: int
) -> Tensor:
    from torch.nn.attention.varlen import varlen_attn

    # Repeated heads cost memory, and are right in every version: only some of them take fewer key heads.
    groups = query.shape[1] // key.shape[1]
    key, value = (tensor.repeat_interleave(groups, dim=1) if groups > 1 else tensor for tensor in (key, value))
    packed = (tensor.squeeze(0).transpose(0, 1).contiguous() for tensor in (query, key, value))
    attended: Tensor = varlen_attn(
        *packed,
        cu_seq_q=starts,
        cu_seq_k=starts,
        max_q=longest,
        max_k=longest,
        scale=scale,
        window_size=(window, 0),
    )
    return attended.unsqueeze(0)


AttentionInterface.register(PACKED_ATTENTION, attend_within_documents)
