"""Packed documents are to the model what separate documents are: in log-probabilities, loss and gradients."""

import random
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from train.data.packing import NO_TARGET, Document, PackedBatch, best_fit, pack
from train.model.config import ModelConfig
from train.model.loading import load_policy
from train.model.policy import Policy
from train.model.ranks import Ranks

TOLERANCE = 1e-5


def documents(seed: int, count: int = 5, vocabulary: int = 384) -> list[Document]:
    numbers = random.Random(seed)
    made = []
    for _ in range(count):
        length = numbers.randrange(1, 40)
        ids = tuple(numbers.randrange(vocabulary) for _ in range(length))
        targets = [numbers.randrange(vocabulary) if numbers.random() < 0.7 else NO_TARGET for _ in range(length)]
        targets[-1] = 1
        made.append(Document(ids, tuple(targets)))
    return made


def distance(policy: Policy, ones: list[PackedBatch], others: list[PackedBatch]) -> dict[str, float]:
    """How far two ways of batching the same documents lie apart, relative to the size of what is compared."""
    results = []
    for batches in (ones, others):
        policy.zero_grad()
        logprobs = torch.cat([policy(batch).logprobs for batch in batches])
        hidden = torch.cat([policy.hidden(batch) for batch in batches])
        logits = policy.lm.get_output_embeddings()(hidden)
        loss = -logprobs.mean()
        loss.backward()
        results.append((logits.detach(), loss.detach(), {n: p.grad.clone() for n, p in policy.named_parameters()}))
    (logits, loss, gradients), (logits_too, loss_too, gradients_too) = results
    return {
        "logits": float((logits - logits_too).abs().max() / logits_too.abs().max()),
        "loss": float((loss - loss_too).abs() / loss_too.abs()),
        "gradients": max(float((gradients[n] - g).norm() / g.norm()) for n, g in gradients_too.items() if g.norm() > 0),
    }


@pytest.fixture(params=["none", "every-second", "full"])
def policy(tiny_model: ModelConfig, alone: Ranks, request: pytest.FixtureRequest) -> Policy:
    return load_policy(tiny_model.model_copy(update={"activation_checkpointing": request.param}), alone)


@pytest.mark.parametrize("seed", range(5))
def test_packed_equals_separate_documents(policy: Policy, seed: int) -> None:
    some = documents(seed)
    apart = distance(policy, [pack(some)], [pack([one]) for one in some])
    assert max(apart.values()) < TOLERANCE, apart


@pytest.mark.parametrize("seed", range(5))
def test_without_the_boundaries_the_same_comparison_fails(policy: Policy, seed: int) -> None:
    some = documents(seed)
    packed = pack(some)
    unmasked = replace(packed, cu_seqlens=torch.tensor([0, len(packed.input_ids)], dtype=torch.int32))
    apart = distance(policy, [unmasked], [pack([one]) for one in some])
    assert min(apart.values()) > TOLERANCE, apart


def test_the_log_probabilities_are_those_of_transformers_own_attention(tiny_model: ModelConfig, alone: Ranks) -> None:
    policy = load_policy(tiny_model, alone)
    (document,) = documents(3, count=1)
    ours = policy(pack([document])).logprobs
    policy.lm.set_attn_implementation("eager")
    logits = policy.lm(torch.tensor([document.ids])).logits[0].log_softmax(-1)
    wanted = [logits[place, token] for place, token in enumerate(document.targets) if token != NO_TARGET]
    assert torch.allclose(ours, torch.stack(wanted), atol=1e-5)


def test_a_row_without_targets_gives_no_scores_and_a_zero_gradient(tiny_model: ModelConfig, alone: Ranks) -> None:
    policy = load_policy(tiny_model, alone)
    row = pack(documents(1))
    scores = policy(replace(row, targets=torch.full_like(row.targets, NO_TARGET)))
    assert scores.logprobs.numel() == 0
    scores.logprobs.sum().backward()
    assert all(p.grad is None or not p.grad.any() for p in policy.parameters())


def test_positions_restart_and_boundaries_name_each_document() -> None:
    row = pack([Document((5, 6, 7), (6, 7, 1), "a"), Document((8, 9), (9, 1), "b")])
    assert row.position_ids.tolist() == [0, 1, 2, 0, 1]
    assert row.cu_seqlens.tolist() == [0, 3, 5]
    assert (row.max_length, row.target_count, row.names) == (3, 5, ("a", "b"))


def test_an_empty_row_and_an_empty_document_are_refused() -> None:
    with pytest.raises(ValueError, match="none of them empty"):
        pack([])
    with pytest.raises(ValueError, match="none of them empty"):
        pack([Document((), ())])
    with pytest.raises(ValueError, match="3 tokens but 2 targets"):
        Document((1, 2, 3), (2, 3))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 50), max_size=60), st.integers(50, 120))
def test_best_fit_holds_every_item_once_and_no_bin_overflows(lengths: list[int], capacity: int) -> None:
    bins = best_fit(lengths, capacity)
    assert sorted(item for chosen in bins for item in chosen) == list(range(len(lengths)))
    assert all(sum(lengths[item] for item in chosen) <= capacity for chosen in bins)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 20), max_size=40))
def test_best_fit_chooses_as_the_plain_algorithm_does(lengths: list[int]) -> None:
    capacity = 20
    left: list[int] = []
    for length in sorted(lengths, reverse=True):
        fitting = [place for place, space in enumerate(left) if space >= length]
        if fitting:
            left[min(fitting, key=lambda place: (left[place], place))] -= length
        else:
            left.append(capacity - length)
    assert sorted(capacity - sum(lengths[i] for i in chosen) for chosen in best_fit(lengths, capacity)) == sorted(left)


def test_best_fit_refuses_what_no_bin_holds() -> None:
    with pytest.raises(ValueError, match="item 1 is 9 long, a bin holds 8"):
        best_fit([3, 9], 8)
