"""A policy's weights under the names that transformers and vLLM know: whole, with adapters merged."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import torch
from peft.tuners.lora import LoraLayer
from torch import Tensor
from torch.distributed.tensor import DTensor
from transformers import PreTrainedTokenizerBase

from train.model.policy import Policy
from train.model.ranks import Ranks


@torch.no_grad()
def named_weights(policy: Policy) -> Iterator[tuple[str, Tensor]]:
    """Every weight of the plain model, whole and float32, an adapter's product added to the weight it adapts.

    A tied weight comes once, under its first name. On several ranks each of them must iterate to the end.
    """
    adapted = {name: module for name, module in policy.lm.named_modules() if isinstance(module, LoraLayer)}
    for name, parameter in policy.lm.named_parameters():
        owner, _, leaf = name.rpartition(".")
        if ".lora_" in name:
            continue
        weight = _whole(parameter)
        if not owner.endswith(".base_layer"):
            yield name, weight
            continue
        layer = owner.removesuffix(".base_layer")
        if leaf == "weight":
            weight = weight + _product(adapted[layer])
        yield f"{layer}.{leaf}", weight


def export_model(
    policy: Policy, tokenizer: PreTrainedTokenizerBase, folder: Path, ranks: Ranks, dtype: torch.dtype
) -> None:
    """Writes a folder that `from_pretrained` and vLLM load: safetensors, configuration, tokenizer.

    The folder appears whole or not at all, and replaces what stood there. Every rank must call this.
    """
    weights = {name: weight.to("cpu", dtype) for name, weight in named_weights(policy)}
    if not ranks.leads:
        return
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    policy.lm.save_pretrained(partial, state_dict=weights)
    config = type(policy.lm.config).from_pretrained(partial)
    config.dtype = dtype
    config.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(partial, folder)


def _whole(tensor: Tensor) -> Tensor:
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor.detach()


def _product(layer: LoraLayer) -> Tensor:
    (adapter,) = layer.active_adapters
    down, up = _whole(layer.lora_A[adapter].weight), _whole(layer.lora_B[adapter].weight)
    return (up @ down) * layer.scaling[adapter]
