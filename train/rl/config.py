"""Settings of a reinforcement learning run; the defaults are the paper's where it gives any."""

from typing import Literal, Self

from pydantic import Field, model_validator

from train.config import Section
from train.optimizer import OptimizerConfig
from train.rl.advantage import Baseline
from train.rl.loss import Normaliser
from train.run_config import CheckpointConfig, RunConfig

BESIDE_SOLVE = 0.15
BESIDE_SELF_RLEF = 0.25


class SandboxSection(Section):
    """Where the model's programs run."""

    backend: Literal["docker", "process"] = "docker"
    """The strong wall, or the one for machines without a Docker engine."""
    slots: int = Field(default=4, ge=1)
    """Programs that run at a time."""


class TasksConfig(Section):
    """What the model plays."""

    output_prediction: str | None = None
    """A corpus folder, a Parquet file or a glob with `output_prediction` rows: local, or any fsspec address."""
    solve: str | None = None
    """The same with `solve` rows, for the environments `solve` and `self_rlef`."""
    solve_as: Literal["solve", "self_rlef"] = "solve"
    """How solve rows are played: in one turn, or with feedback and repair."""
    split: str = "train"
    """Which split of a corpus folder to read."""
    output_prediction_share: float | None = Field(default=None, ge=0, le=1)
    """Share of the groups that predict outputs; null is the paper's: 0.15 beside solve, 0.25 beside self-RLEF."""
    output_prediction_reward: float = Field(default=0.8, gt=0)
    """What a right prediction earns and a wrong one costs; a program earns or costs 1 (paper: 0.8)."""
    max_repairs: int = Field(default=1, ge=0)
    """Programs after the first in self-RLEF (paper: 1 in training)."""
    feedback: Literal["execute", "simulate"] = "execute"
    """What self-RLEF feeds back: what the program gives, or what the model says it gives (paper: execute)."""
    sandbox: SandboxSection = SandboxSection()
    """Where the model's programs run."""

    @model_validator(mode="after")
    def _some_tasks(self) -> Self:
        if self.output_prediction is None and self.solve is None:
            raise ValueError("name shards in output_prediction, in solve, or in both")
        return self

    @property
    def share(self) -> float:
        """The share of output prediction that is in force."""
        if self.solve is None:
            return 1.0
        if self.output_prediction is None:
            return 0.0
        if self.output_prediction_share is not None:
            return self.output_prediction_share
        return BESIDE_SOLVE if self.solve_as == "solve" else BESIDE_SELF_RLEF


class RolloutConfig(Section):
    """How episodes are played."""

    engine: Literal["vllm", "transformers"] = "vllm"
    """What samples: vLLM, or transformers with the trainer's own weights, which is slow and repeats to the bit."""
    temperature: float = Field(default=1.0, gt=0)
    """Of the sampling and of the log-probabilities that train. The paper does not give it; top-p is always 1."""
    max_tokens: int = Field(default=8192, ge=1)
    """Tokens of a reply at most; a reply that this cuts fails its episode."""
    context_length: int = Field(default=16_384, ge=2)
    """Tokens of a prompt and its reply together at most."""
    batch: int = Field(default=256, ge=1)
    """Sequences that the engine runs at a time."""
    memory_share: float = Field(default=0.4, gt=0, lt=1)
    """Of a GPU's memory for vLLM; the trainer needs the rest."""
    overlap: bool = False
    """Play the next episodes while training on the last; weights are replaced under running requests."""
    ahead: int = Field(default=2, ge=1)
    """With overlap: rounds of groups that may be under way or waiting to be trained on."""


class AlarmConfig(Section):
    """When a run is going wrong."""

    entropy: float = Field(default=0.02, ge=0)
    """Warn where the mean entropy of the model's tokens, in nats, falls below this."""
    repetition: float = Field(default=0.3, ge=0, le=1)
    """Warn where more than this share of the replies end in a loop of tokens."""
    empty_rounds: int = Field(default=20, ge=1)
    """Stop after so many rounds in a row without a single group to learn from."""


class RlConfig(RunConfig):
    """`nlex train rl`: group-relative policy gradient: no value network, no KL term, no division by a deviation."""

    tasks: TasksConfig
    """What it plays."""
    rollouts: RolloutConfig = RolloutConfig()
    """How it plays."""
    group_size: int = Field(default=8, ge=2)
    """Episodes of one task, which are compared with each other (paper: 8)."""
    groups_per_round: int = Field(default=32, ge=1)
    """Tasks that are played together; a step takes as many rounds as it needs."""
    batch_tokens: int = Field(default=1_000_000, ge=1)
    """A step is taken as soon as the model said this much in groups that can be learnt from (paper: 1M tokens)."""
    packed_tokens: int = Field(default=131_072, ge=2)
    """Tokens of a packed row in training (paper: 131,072)."""
    max_staleness: int = Field(default=8, ge=0)
    """Episodes with a token drawn by weights more than this many steps old are dropped and counted (paper: 8)."""
    baseline: Baseline = "token_weighted"
    """What an episode's reward is compared with: its group's mean over tokens, or over episodes."""
    divide_by_std: bool = False
    """Divide advantages by the group's deviation, as GRPO does."""
    clip_low: float = Field(default=0.2, ge=0, le=1)
    """Importance weights below 1 minus this stop counting. The paper does not give it."""
    clip_high: float = Field(default=0.25, ge=0)
    """Importance weights above 1 plus this stop counting. The paper does not give it."""
    normaliser: Normaliser = "tokens"
    """What a token counts: every token alike, every episode alike, or a fixed share. The paper does not say."""
    optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=1.4e-7, warmup_steps=400, schedule="constant", weight_decay=0.0, clip=0.1
    )
    """How it steps (paper: peak 1.4e-7 after 400 steps, gradient clip 0.1)."""
    steps: int = Field(default=4000, ge=1)
    """Optimizer steps (paper: 4,000 for Qwen2.5)."""
    alarms: AlarmConfig = AlarmConfig()
    """When to warn, when to stop."""
    checkpoint: CheckpointConfig = CheckpointConfig(every=200)
    """What is kept against accidents (paper: a checkpoint every 200 steps)."""
    transcripts_every: int = Field(default=50, ge=0)
    """Steps between pages of sampled episodes for people to read; 0 for none."""

    @model_validator(mode="after")
    def _rows_hold_contexts(self) -> Self:
        if self.packed_tokens < self.rollouts.context_length:
            raise ValueError(
                f"packed_tokens ({self.packed_tokens}) must hold one context of {self.rollouts.context_length} tokens"
            )
        if self.rollouts.overlap and self.rollouts.engine == "transformers":
            raise ValueError(
                "rollouts.overlap needs the vllm engine: transformers samples from the weights in training"
            )
        return self
