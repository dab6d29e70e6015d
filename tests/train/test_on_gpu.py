"""What runs only on a GPU is what it is on a processor."""

import pytest
import torch

from tests.train.test_packing import documents
from train.data.packing import pack
from train.model.config import ModelConfig
from train.model.loading import load_policy
from train.model.ranks import Ranks

pytestmark = pytest.mark.gpu


def test_variable_length_attention_on_the_gpu_agrees_with_one_document_at_a_time(
    tiny_model: ModelConfig, alone: Ranks
) -> None:
    row = pack(documents(1, count=20))
    there = Ranks(0, 1, torch.device("cuda"))
    wanted, gradients = [], []
    for ranks, compute in ((alone, "float32"), (there, "bfloat16")):
        policy = load_policy(tiny_model.model_copy(update={"compute": compute}), ranks)
        logprobs = policy(row.to(ranks.device)).logprobs
        (-logprobs.mean()).backward()
        wanted.append(logprobs.detach().cpu())
        gradients.append(torch.cat([weight.grad.flatten().cpu() for weight in policy.parameters()]))
    assert torch.allclose(wanted[0], wanted[1], atol=3e-2)
    assert torch.nn.functional.cosine_similarity(*gradients, dim=0) > 0.999


def test_compiled_layers_change_nothing_but_rounding(tiny_model: ModelConfig) -> None:
    there = Ranks(0, 1, torch.device("cuda"))
    row = pack(documents(2, count=20)).to(there.device)
    results = [
        load_policy(tiny_model.model_copy(update={"compute": "bfloat16", "compile": chosen}), there)(row).logprobs
        for chosen in (False, True)
    ]
    assert torch.allclose(*results, atol=3e-2)
