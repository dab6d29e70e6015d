"""From a folder or a Hub name to a policy and its tokenizer, sharded where there are several ranks."""

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig as PeftLora
from peft import inject_adapter_in_model
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from train.model.attention import PACKED_ATTENTION
from train.model.config import ModelConfig
from train.model.policy import ModelError, Policy
from train.model.ranks import Ranks

CHAT_TEMPLATE = Path(__file__).parent.parent / "prompts" / "chat.jinja"


def load_tokenizer(config: ModelConfig) -> PreTrainedTokenizerBase:
    """The model's tokenizer; one without a chat template gets ours, one without padding pads with its end token.

    Raises:
        ModelError: there is no such model, or its tokenizer has no end-of-text token.
    """
    where = config.tokenizer or config.path
    _check_folder(where)
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(where)
    except (OSError, ValueError) as error:
        raise ModelError(_absent(where, error)) from None
    if tokenizer.eos_token_id is None:
        raise ModelError(f"{where}: the tokenizer names no end-of-text token (eos_token), so no answer could end")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.chat_template is None:
        tokenizer.chat_template = CHAT_TEMPLATE.read_text()
    return tokenizer


def load_policy(config: ModelConfig, ranks: Ranks, seed: int = 0) -> Policy:
    """Loads a model in float32, makes it ready to train as `config` says, and shards it over the ranks (FSDP2).

    `seed` fixes random weights and fresh adapters.

    Raises:
        ModelError: there is no such model, or it cannot be trained.
    """
    _check_folder(config.path)
    try:
        architecture = AutoConfig.from_pretrained(config.path)
    except (OSError, ValueError) as error:
        raise ModelError(_absent(config.path, error)) from None
    if config.rope_factor > 1:
        _stretch_positions(architecture, config.rope_factor)
    torch.manual_seed(seed)
    if config.random_weights:
        lm = AutoModelForCausalLM.from_config(architecture, dtype=torch.float32, attn_implementation=PACKED_ATTENTION)
    else:
        lm = AutoModelForCausalLM.from_pretrained(
            config.path, config=architecture, dtype=torch.float32, attn_implementation=PACKED_ATTENTION
        )
    if config.lora is not None:
        _add_adapters(lm, config)
    _save_activations_as(lm, config.activation_checkpointing)
    if config.compile:
        for layer in decoder_layers(lm):
            layer.compile()
    compute = getattr(torch, config.compute)
    policy = Policy(lm.to(ranks.device), compute, config.logit_chunk).train()
    if ranks.world > 1:
        _shard(policy, ranks)
    return policy


def decoder_layers(lm: PreTrainedModel) -> list[nn.Module]:
    """The model's repeated blocks, which it names itself.

    Raises:
        ModelError: it names none.
    """
    names = set(lm._no_split_modules or ())
    layers = [module for module in lm.modules() if type(module).__name__ in names]
    if not layers:
        raise ModelError(f"{type(lm).__name__} does not name its decoder layers (_no_split_modules)")
    return layers


def _check_folder(where: str) -> None:
    """What is plainly a folder of this machine and is not there need not be asked of the Hub for a minute."""
    path = Path(where)
    is_local = path.is_absolute() or (len(path.parts) > 1 and Path(path.parts[0]).is_dir())
    if is_local and not path.exists():
        raise ModelError(f"{where}: no model there: the folder does not exist")


def _absent(where: str, error: Exception) -> str:
    return f"{where}: no model there: {str(error).splitlines()[0]}"


def _stretch_positions(architecture: Any, factor: float) -> None:
    architecture.rope_parameters = {**architecture.rope_parameters, "rope_type": "linear", "factor": factor}
    architecture.max_position_embeddings = int(architecture.max_position_embeddings * factor)


def _add_adapters(lm: PreTrainedModel, config: ModelConfig) -> None:
    lora = config.lora
    assert lora is not None
    head = lm.get_output_embeddings()
    layers = [name for name, module in lm.named_modules() if isinstance(module, nn.Linear) and module is not head]
    settings = PeftLora(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=layers if lora.targets == "all-linear" else lora.targets,
        task_type="CAUSAL_LM",
    )
    inject_adapter_in_model(settings, lm)


def _save_activations_as(lm: PreTrainedModel, choice: str) -> None:
    if choice == "none":
        return
    lm.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    if choice == "every-second":
        for layer in decoder_layers(lm)[::2]:
            layer.gradient_checkpointing = False


def _shard(policy: Policy, ranks: Ranks) -> None:
    mesh = init_device_mesh(ranks.device.type, (ranks.world,))
    precision = MixedPrecisionPolicy(param_dtype=policy.compute, reduce_dtype=torch.float32)
    for layer in decoder_layers(policy.lm):
        fully_shard(layer, mesh=mesh, mp_policy=precision)
    fully_shard(policy, mesh=mesh, mp_policy=precision)
