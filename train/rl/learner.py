"""One step of the policy gradient: lessons packed into rows, the loss summed over them, the optimizer stepped."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from train.data.packing import PackedBatch, best_fit, pack
from train.model.policy import Policy, passes
from train.model.ranks import Ranks
from train.optimizer import learning_rate_at, step_optimizer
from train.rl.config import RlConfig
from train.rl.group import Lesson, document_of
from train.rl.importance import k3_divergence
from train.rl.loss import policy_loss, token_weights
from train.rollouts.episode import Context


@dataclass(frozen=True)
class Lecture:
    """A packed row to learn from; the tensors hold one number for each of its N targets, in their order.

    Attributes:
        row: the documents.
        old: log-probabilities by which the tokens were drawn, float32 [N].
        advantage: of each token's episode, float32 [N].
        weight: what each token counts in the loss, float32 [N].
    """

    row: PackedBatch
    old: Tensor
    advantage: Tensor
    weight: Tensor

    def silent(self) -> "Lecture":
        """The same row, of which nothing is learnt."""
        nothing = torch.zeros(0)
        return Lecture(self.row.without_targets(), nothing, nothing, nothing)


def lectures_of(lessons: Sequence[Lesson], config: RlConfig) -> list[Lecture]:
    """Packs every context of every lesson, best fit, into rows of at most `packed_tokens`."""
    lengths = [lesson.episode.tokens for lesson in lessons]
    weights = token_weights(lengths, config.normaliser, config.rollouts.max_tokens)
    spoken: list[tuple[Context, float, float]] = [
        (context, lesson.advantage, weight)
        for lesson, weight in zip(lessons, weights, strict=True)
        for context in lesson.episode.contexts
        if context.sample.tokens
    ]
    documents = [document_of(context) for context, _, _ in spoken]
    lectures = []
    for places in best_fit([len(document.ids) for document in documents], config.packed_tokens):
        chosen = [spoken[place] for place in places]
        counts = torch.tensor([len(context.sample.tokens) for context, _, _ in chosen])
        lectures.append(
            Lecture(
                row=pack([documents[place] for place in places]),
                old=torch.tensor([logprob for context, _, _ in chosen for logprob in context.sample.logprobs]),
                advantage=torch.tensor([advantage for _, advantage, _ in chosen]).repeat_interleave(counts),
                weight=torch.tensor([weight for _, _, weight in chosen]).repeat_interleave(counts),
            )
        )
    return lectures


def learn(
    policy: Policy,
    optimizer: torch.optim.Optimizer,
    lectures: Sequence[Lecture],
    config: RlConfig,
    *,
    step: int,
    ranks: Ranks,
) -> dict[str, float]:
    """Takes step number `step` (from 0) and returns its figures. All ranks are given all lectures.

    `loss`; `entropy` of the model's distribution at each token said, in nats; `mismatch`, the divergence from the
    policy that spoke (`k3_divergence`); `clipped`, the share of tokens whose gradient the clip cut off;
    `gradient_norm` before clipping; `learning_rate`.

    Raises:
        FloatingPointError: the gradient is not finite; the weights are untouched.
    """
    device = ranks.device
    sums = torch.zeros(5, dtype=torch.float64, device=device)
    for lecture in passes(policy, ranks.share(lectures, Lecture.silent)):
        scores = policy(lecture.row.to(device), config.rollouts.temperature)
        old = lecture.old.to(device)
        part = policy_loss(
            scores.logprobs,
            old,
            lecture.advantage.to(device),
            lecture.weight.to(device),
            clip_low=config.clip_low,
            clip_high=config.clip_high,
        )
        # FSDP takes the mean over ranks; the loss is a sum.
        (part.total * ranks.world).backward()
        tokens = len(old)
        mismatch = k3_divergence(scores.logprobs, old) * tokens
        figures = (part.total.detach(), part.clipped, mismatch, scores.entropy.double().sum(), tokens)
        sums += torch.tensor([float(figure) for figure in figures], dtype=torch.float64, device=device)
    rate = learning_rate_at(config.optimizer, step, config.steps)
    norm = step_optimizer(policy, optimizer, rate, config.optimizer.clip)
    loss, clipped, mismatch, entropy, tokens = ranks.sum(sums).tolist()
    return {
        "loss": loss,
        "entropy": entropy / tokens,
        "mismatch": mismatch / tokens,
        "clipped": clipped / tokens,
        "gradient_norm": norm,
        "learning_rate": rate,
        "tokens_learnt": tokens,
    }
