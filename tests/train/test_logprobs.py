"""Chunked log-probabilities are those of the whole logits, which never exist at one time."""

from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from train.model.logprobs import token_logprobs


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 20), st.integers(1, 7), st.floats(0.3, 3.0), st.booleans(), st.integers(0, 10**6))
def test_chunks_change_nothing(count: int, chunk: int, temperature: float, biased: bool, seed: int) -> None:
    numbers = torch.Generator().manual_seed(seed)
    hidden = torch.randn(count, 6, generator=numbers, requires_grad=True)
    weight = torch.randn(11, 6, generator=numbers, requires_grad=True)
    bias = torch.randn(11, generator=numbers, requires_grad=True) if biased else None
    targets = torch.randint(11, (count,), generator=numbers)
    leaves = [leaf for leaf in (hidden, weight, bias) if leaf is not None]

    scores = token_logprobs(hidden, weight, targets, bias=bias, temperature=temperature, chunk=chunk)
    gradients = torch.autograd.grad((scores.logprobs**2).sum(), leaves)

    logits = torch.nn.functional.linear(hidden, weight, bias) / temperature
    whole = logits.log_softmax(-1)
    wanted = whole[torch.arange(count), targets]
    expected = torch.autograd.grad((wanted**2).sum(), leaves)

    assert torch.allclose(scores.logprobs, wanted, atol=1e-5)
    assert torch.allclose(scores.entropy, -(whole.exp() * whole).sum(-1), atol=1e-5)
    assert all(torch.allclose(one, other, atol=1e-3) for one, other in zip(gradients, expected, strict=True))


class Largest(TorchDispatchMode):
    """Keeps the number of elements of the largest tensor that any operation made."""

    elements = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = function(*args, **(kwargs or {}))
        for one in made if isinstance(made, (tuple, list)) else (made,):
            if isinstance(one, torch.Tensor):
                self.elements = max(self.elements, one.numel())
        return made


def test_no_more_logits_than_a_chunk_of_them_exist_forward_and_backward() -> None:
    count, width, vocabulary, chunk = 64, 4, 500, 8
    hidden = torch.randn(count, width, requires_grad=True)
    weight = torch.randn(vocabulary, width, requires_grad=True)
    targets = torch.randint(vocabulary, (count,))
    with Largest() as largest:
        token_logprobs(hidden, weight, targets, chunk=chunk).logprobs.sum().backward()
    assert largest.elements == chunk * vocabulary


def test_the_entropy_of_a_certain_distribution_is_zero() -> None:
    weight = torch.tensor([[float("1e4")], [float("-1e4")]])
    scores = token_logprobs(torch.ones(1, 1), weight, torch.tensor([0]))
    assert scores.entropy.tolist() == [0.0]
    assert scores.logprobs.tolist() == [0.0]
