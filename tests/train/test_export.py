"""An exported model is, to transformers, the model that was trained."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.train.corpus import conversations, write_tiny_model
from tests.train.test_packing import documents
from train.data.packing import pack
from train.model.config import LoraConfig, ModelConfig
from train.model.export import export_model, named_weights
from train.model.loading import load_policy, load_tokenizer
from train.model.policy import Policy
from train.model.ranks import Ranks


@pytest.fixture(params=["tied", "untied", "lora"])
def config(tiny: Path, tmp_path: Path, request: pytest.FixtureRequest) -> ModelConfig:
    untied = request.param == "untied"
    path = write_tiny_model(tmp_path / "untied", conversations(20), tied=False) if untied else tiny
    lora = LoraConfig(rank=2) if request.param == "lora" else None
    return ModelConfig(path=str(path), random_weights=True, compute="float32", lora=lora)


def moved(config: ModelConfig, alone: Ranks) -> Policy:
    """A policy whose trained weights are no longer what they began as."""
    policy = load_policy(config, alone)
    with torch.no_grad():
        for weight in policy.parameters():
            if weight.requires_grad:
                weight.add_(torch.randn_like(weight), alpha=0.05)
    return policy


def test_the_exported_model_gives_the_same_log_probabilities(config: ModelConfig, alone: Ranks, tmp_path: Path) -> None:
    policy = moved(config, alone)
    export_model(policy, load_tokenizer(config), tmp_path / "model", alone, torch.float32)
    again = load_policy(ModelConfig(path=str(tmp_path / "model"), compute="float32"), alone)
    row = pack(documents(1))
    assert torch.allclose(again(row).logprobs, policy(row).logprobs, atol=1e-5)
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    assert {name for name, _ in named_weights(policy)} == {name for name, _ in plain.named_parameters()}


def test_without_adapters_every_weight_reloads_bit_by_bit(
    tiny_model: ModelConfig, alone: Ranks, tmp_path: Path
) -> None:
    policy = moved(tiny_model, alone)
    export_model(policy, load_tokenizer(tiny_model), tmp_path / "model", alone, torch.float32)
    again = dict(AutoModelForCausalLM.from_pretrained(tmp_path / "model").named_parameters())
    assert all(torch.equal(weight, again[name]) for name, weight in named_weights(policy))


def test_the_folder_holds_bfloat16_safetensors_and_the_tokenizer(
    tiny_model: ModelConfig, alone: Ranks, tmp_path: Path
) -> None:
    tokenizer = load_tokenizer(tiny_model)
    export_model(moved(tiny_model, alone), tokenizer, tmp_path / "model", alone, torch.bfloat16)
    with safe_open(tmp_path / "model" / "model.safetensors", "pt") as file:
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.bfloat16}  # noqa: SIM118
    assert json.loads((tmp_path / "model" / "config.json").read_text())["dtype"] == "bfloat16"
    assert AutoTokenizer.from_pretrained(tmp_path / "model").chat_template == tokenizer.chat_template


def test_adapters_train_alone(config: ModelConfig, alone: Ranks) -> None:
    policy = load_policy(config, alone)
    trained = [name for name, weight in policy.named_parameters() if weight.requires_grad]
    adapters = [name for name in trained if ".lora_" in name]
    assert trained == (adapters if config.lora else [name for name, _ in policy.named_parameters()])
    assert bool(adapters) == bool(config.lora)
