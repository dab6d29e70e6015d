"""The optimizer (AdamW on float32 weights) and the learning rate of each step."""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import nn
from torch.distributed.tensor import DTensor

from train.config import Section


class OptimizerConfig(Section):
    """AdamW and its schedule."""

    learning_rate: float = Field(default=8e-6, gt=0)
    """Peak learning rate (paper: 8e-6 for SFT, 1.4e-7 for RL)."""
    warmup_steps: int = Field(default=1000, ge=0)
    """Steps of linear warm-up (paper: 1,000 for SFT, 400 for RL)."""
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    """The rate after warm-up, down to `final_share` of the peak at the last step. The paper does not name its own."""
    final_share: float = Field(default=0.1, ge=0, le=1)
    """The last step's rate as a share of the peak; unused where the schedule is constant."""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """Decay of the gradient's running mean. The paper does not give it."""
    beta2: float = Field(default=0.95, ge=0, lt=1)
    """Decay of the squared gradient's running mean. The paper does not give it."""
    epsilon: float = Field(default=1e-8, gt=0)
    """Added to the root of the squared gradient's mean."""
    weight_decay: float = Field(default=0.1, ge=0)
    """Decoupled decay of matrices; vectors (norms, biases) do not decay."""
    clip: float = Field(default=1.0, gt=0)
    """Largest norm of the whole gradient (paper, RL: 0.1)."""


def make_optimizer(model: nn.Module, config: OptimizerConfig) -> torch.optim.AdamW:
    """AdamW over the trainable weights: matrices decay, vectors do not."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [weight for weight in trained if weight.ndim >= 2], "weight_decay": config.weight_decay},
        {"params": [weight for weight in trained if weight.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        eps=config.epsilon,
        fused=True,
    )


def learning_rate_at(config: OptimizerConfig, step: int, steps: int) -> float:
    """The rate of step `step` of `steps`, both counted from 0: linear warm-up, then the schedule."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    if config.schedule == "constant":
        return config.learning_rate
    done = min(1.0, (step - config.warmup_steps) / max(1, steps - 1 - config.warmup_steps))
    left = 1 - done if config.schedule == "linear" else (1 + math.cos(math.pi * done)) / 2
    return config.learning_rate * (config.final_share + (1 - config.final_share) * left)


def step_optimizer(model: nn.Module, optimizer: torch.optim.Optimizer, rate: float, clip: float) -> float:
    """Clips the gradient, steps at `rate`, clears the gradient; returns the gradient's norm before clipping.

    Raises:
        FloatingPointError: the gradient is not finite; the weights are untouched.
    """
    for group in optimizer.param_groups:
        group["lr"] = rate
    norm = nn.utils.clip_grad_norm_(model.parameters(), clip)
    size = float(norm.full_tensor() if isinstance(norm, DTensor) else norm)
    if not math.isfinite(size):
        raise FloatingPointError(
            "the gradient is not finite: lower the learning rate, or look at the data of this step"
        )
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return size
