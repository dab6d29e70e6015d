"""Arithmetic of a training step, and what devices can do, for the model FLOPs utilisation (MFU)."""

from collections.abc import Sequence

from transformers import PreTrainedModel

# Dense bfloat16 peak in FLOP/s, from the makers' data sheets; a name is looked for inside the device's name.
_PEAK = {"H200": 989e12, "H100 PCIe": 756e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12}


def peak_flops(device_name: str) -> float | None:
    """The device's dense bfloat16 peak in FLOP/s, or None where it is not known (a processor, for example)."""
    return next((peak for name, peak in _PEAK.items() if name in device_name), None)


def flops_per_token(lm: PreTrainedModel) -> float:
    """6 FLOPs per weight that multiplies a token (forward 2, backward 4); a table that is only looked up does not.

    Attention's own products are added by `attention_flops`, and recomputed activations do not count.
    """
    table = lm.get_input_embeddings().weight
    looked_up = 0 if table is lm.get_output_embeddings().weight else table.numel()
    return 6.0 * (sum(weight.numel() for weight in lm.parameters()) - looked_up)


def attention_flops(lm: PreTrainedModel, lengths: Sequence[int]) -> float:
    """FLOPs of causal attention in training over documents of the given lengths: 6 * layers * width * length^2."""
    config = lm.config
    head = config.to_dict().get("head_dim") or config.hidden_size // config.num_attention_heads
    return 6.0 * config.num_hidden_layers * config.num_attention_heads * head * sum(size * size for size in lengths)
