"""Any causal language model of transformers trains, in float32 or bfloat16, with its positions stretched or not."""

from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
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
from train.data.config import SourceConfig
from train.data.packing import NO_TARGET, pack
from train.model.config import ModelConfig
from train.model.flops import attention_flops, flops_per_token
from train.model.loading import ModelError, load_policy, load_tokenizer
from train.model.policy import Policy
from train.model.ranks import Ranks
from train.model.tiny import END, TinyConfig, make_tiny, texts_of, written
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


def test_compiled_layers_change_nothing_but_rounding(tiny_model: ModelConfig, alone: Ranks) -> None:
    row, results = pack(documents(6, count=2)), []
    for compiled in (False, True):
        policy = load_policy(tiny_model.model_copy(update={"compile": compiled}), alone)
        logprobs = policy(row).logprobs
        (-logprobs.mean()).backward()
        results.append((logprobs.detach(), torch.cat([weight.grad.flatten() for weight in policy.parameters()])))
    (plain, plain_gradient), (fast, fast_gradient) = results
    assert torch.allclose(plain, fast, atol=1e-5)
    assert float((plain_gradient - fast_gradient).norm() / plain_gradient.norm()) < 1e-5


def kept_for_the_backward_pass(policy: Policy) -> int:
    """Bytes of what a forward pass saves, without the weights."""
    sizes: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    weights = {weight.untyped_storage().data_ptr() for weight in policy.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        logprobs = policy(pack(documents(1, count=20))).logprobs
    assert logprobs.requires_grad
    return sum(size for place, size in sizes.items() if place not in weights)


def test_checkpointed_layers_keep_less_for_the_backward_pass(tiny_model: ModelConfig, alone: Ranks) -> None:
    none, some, every = (
        kept_for_the_backward_pass(
            load_policy(tiny_model.model_copy(update={"activation_checkpointing": choice}), alone)
        )
        for choice in ("none", "every-second", "full")
    )
    assert every < 0.75 * some < 0.75 * 0.75 * none


def test_the_flops_of_a_step_are_those_that_torch_counts(tiny_model: ModelConfig, alone: Ranks) -> None:
    policy = load_policy(tiny_model.model_copy(update={"logit_chunk": 10_000}), alone)
    ids = tuple(range(100, 300))
    policy.lm.set_attn_implementation("eager")
    with FlopCounterMode(display=False) as counter:
        logits = policy.lm(torch.tensor([ids])).logits
        logits.sum().backward()
    # An eager attention computes the whole square, of which a causal one needs half.
    whole = flops_per_token(policy.lm) * len(ids) + 2 * attention_flops(policy.lm, [len(ids)])
    assert whole == pytest.approx(counter.get_total_flops(), rel=0.02)


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


def test_a_small_models_tokenizer_knows_the_words_that_mark_turns(corpus: Path, tmp_path: Path) -> None:
    texts = list(texts_of(SourceConfig(path=str(corpus))))
    tokenizer = load_tokenizer(ModelConfig(path=str(make_tiny(tmp_path, texts, TinyConfig(vocabulary=512)))))
    turns = [{"role": "user", "content": "Add 2."}, {"role": "assistant", "content": "The sum is 2."}]
    assert written(turns) == tokenizer.apply_chat_template(turns, tokenize=False).replace(END, "")
    assert [len(tokenizer(marks)["input_ids"]) for marks in ("### user\n", "### assistant\n")] == [1, 1]


def test_a_model_that_is_not_there_is_an_error_that_names_it(alone: Ranks, tmp_path: Path) -> None:
    config = ModelConfig(path=str(tmp_path / "nowhere"))
    for load in (lambda: load_policy(config, alone), lambda: load_tokenizer(config)):
        with pytest.raises(ModelError, match="nowhere: no model there"):
            load()
