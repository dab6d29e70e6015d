"""Any causal language model of transformers trains, in float32 or bfloat16, with its positions stretched or not."""

from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    LlamaConfig,
    MistralConfig,
    PreTrainedConfig,
    Qwen2Config,
    Qwen3Config,
)

from tests.train.test_packing import documents
from train.data.packing import NO_TARGET, pack
from train.model.config import ModelConfig
from train.model.loading import ModelError, load_policy, load_tokenizer
from train.model.ranks import Ranks
from train.model.tiny import TinyConfig, make_tiny
from train.optimizer import OptimizerConfig, make_optimizer, step_optimizer

SHAPE = {
    "vocab_size": 384,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
}
ARCHITECTURES = [
    LlamaConfig(**SHAPE),
    Qwen2Config(**SHAPE, use_sliding_window=True, sliding_window=5, max_window_layers=1),
    Qwen3Config(**SHAPE, tie_word_embeddings=True),
    MistralConfig(**SHAPE, sliding_window=6),
]


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda config: type(config).__name__)
def test_packed_scores_are_those_of_the_plain_model_on_each_document(
    architecture: PreTrainedConfig, alone: Ranks, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    plain = AutoModelForCausalLM.from_config(architecture, attn_implementation="eager").eval()
    plain.save_pretrained(tmp_path)
    policy = load_policy(ModelConfig(path=str(tmp_path), compute="float32"), alone)
    some = documents(4)
    wanted = [
        plain(torch.tensor([one.ids])).logits[0].log_softmax(-1)[place, target]
        for one in some
        for place, target in enumerate(one.targets)
        if target != NO_TARGET
    ]
    assert torch.allclose(policy(pack(some)).logprobs, torch.stack(wanted), atol=1e-5)


def test_bfloat16_computes_near_float32_and_steps_float32_weights(tiny_model: ModelConfig, alone: Ranks) -> None:
    row = pack(documents(5))
    exact = load_policy(tiny_model, alone)(row).logprobs
    policy = load_policy(tiny_model.model_copy(update={"compute": "bfloat16"}), alone)
    rough = policy(row).logprobs
    assert 0 < (rough - exact).abs().max() < 0.05
    before = [weight.detach().clone() for weight in policy.parameters()]
    (-rough.mean()).backward()
    # A rate so small that bfloat16 weights would not move.
    step_optimizer(policy, make_optimizer(policy, OptimizerConfig(weight_decay=0.0)), rate=1e-7, clip=1.0)
    after = list(policy.parameters())
    assert {weight.dtype for weight in after} == {torch.float32}
    assert all(not torch.equal(one, other) for one, other in zip(before, after, strict=True))


def test_stretched_positions_turn_at_half_the_speed(tiny_model: ModelConfig, alone: Ranks) -> None:
    plain, stretched = (
        load_policy(tiny_model.model_copy(update={"rope_factor": factor}), alone).lm for factor in (1.0, 2.0)
    )
    assert stretched.config.max_position_embeddings == 2 * plain.config.max_position_embeddings
    assert torch.allclose(stretched.model.rotary_emb.inv_freq * 2, plain.model.rotary_emb.inv_freq)


def test_an_architecture_that_changes_its_logits_is_refused(alone: Ranks, tmp_path: Path) -> None:
    Gemma2Config(**SHAPE).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="final_logit_softcapping"):
        load_policy(ModelConfig(path=str(tmp_path), random_weights=True, compute="float32"), alone)


def test_a_small_models_tokenizer_is_loaded_as_it_was_made(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path, ["Now `a` is `12`.\n"] * 9, TinyConfig(vocabulary=300, width=32, heads=2))
    tokenizer = load_tokenizer(ModelConfig(path=str(folder)))
    pieces = [tokenizer.decode([token]) for token in tokenizer("Now `a` is `12`.\n")["input_ids"]]
    assert pieces == ["Now `", "a", "` is `", "1", "2", "`.\n"]


def test_a_model_that_is_not_there_is_an_error_that_names_it(alone: Ranks, tmp_path: Path) -> None:
    config = ModelConfig(path=str(tmp_path / "nowhere"))
    for load in (lambda: load_policy(config, alone), lambda: load_tokenizer(config)):
        with pytest.raises(ModelError, match="nowhere: no model there"):
            load()
