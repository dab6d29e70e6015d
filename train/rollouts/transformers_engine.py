"""Samples with `transformers`: slow and simple, in the trainer's own process and numbers."""

from collections.abc import Iterable, Sequence
from itertools import islice, takewhile
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessor, LogitsProcessorList, TopPLogitsWarper

from train.model.policy import Policy, generating
from train.rollouts.engine import Engine, Request, Sample


class _Draw(LogitsProcessor):
    """Draws one token a row from the row's own generator and leaves nothing else for greedy search to take.

    `generate` knows one random stream for the whole batch; a row's draw would then hang on its neighbours.
    """

    def __init__(self, requests: Sequence[Request], end_token: int) -> None:
        self._end = end_token
        self._sampling = requests[0].sampling
        self._generators = [torch.Generator().manual_seed(request.seed) for request in requests]
        self._ended = [False] * len(requests)
        self.logprobs: list[list[float]] = [[] for _ in requests]

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        logits = scores.float()
        if self._sampling.temperature > 0:
            logits = logits / self._sampling.temperature
            if self._sampling.top_p < 1:
                logits = TopPLogitsWarper(self._sampling.top_p)(input_ids, logits)
        logprobs = torch.log_softmax(logits, -1).cpu()
        chosen = logprobs.argmax(-1)
        if self._sampling.temperature > 0:
            chances = logprobs.exp()
            for row, generator in enumerate(self._generators):
                if not self._ended[row]:
                    chosen[row] = torch.multinomial(chances[row], 1, generator=generator)
            said = logprobs.gather(-1, chosen[:, None]).squeeze(-1).tolist()
        else:
            said = [0.0] * len(chosen)
        for row, token in enumerate(chosen.tolist()):
            if not self._ended[row]:
                self.logprobs[row].append(said[row])
                self._ended[row] = token == self._end
        forced = torch.full_like(scores, -torch.inf)
        forced[torch.arange(len(chosen)), chosen.to(forced.device)] = 0.0
        return forced


def _manner(request: Request) -> tuple[float, float]:
    return request.sampling.temperature, request.sampling.top_p


class TransformersEngine(Engine):
    """Generates with a policy's own weights, a batch of requests at a step.

    The policy may be the one that is being trained: `load_weights` then only takes the version, the weights
    being there already. Batches are made in the order of submission, so equal submissions give equal samples.

    Args:
        policy: the model to sample from.
        end_token: ends a reply; also fills the shorter rows.
        context_length: tokens of a prompt and its continuation together, at most.
        batch: requests a step.
        shared: the policy is the trainer's own, whose weights are always the newest.
    """

    def __init__(self, policy: Policy, end_token: int, context_length: int, *, batch: int = 64, shared: bool) -> None:
        super().__init__(context_length)
        self._policy = policy
        self._end = end_token
        self._batch = batch
        self._shared = shared
        self._version = 0

    def step(self) -> list[tuple[str, Sample]]:
        """Generates for the oldest requests that are sampled alike, to the end of each."""
        oldest = list(islice(self._waiting.values(), self._batch))
        requests = list(takewhile(lambda request: _manner(request) == _manner(oldest[0]), oldest))
        samples = self._generate(requests)
        return [(self._waiting.pop(request.key).key, sample) for request, sample in zip(requests, samples, strict=True)]

    def _generate(self, requests: Sequence[Request]) -> list[Sample]:
        if not requests:
            return []
        width = max(len(request.prompt) for request in requests)
        ids = torch.full((len(requests), width), self._end)
        mask = torch.zeros_like(ids)
        for row, request in enumerate(requests):
            ids[row, width - len(request.prompt) :] = torch.tensor(request.prompt)
            mask[row, width - len(request.prompt) :] = 1
        draw = _Draw(requests, self._end)
        with generating(self._policy) as lm:
            device = next(lm.parameters()).device
            output: Any = lm.generate(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                max_new_tokens=max(request.sampling.max_tokens for request in requests),
                do_sample=False,
                eos_token_id=self._end,
                pad_token_id=self._end,
                logits_processor=LogitsProcessorList([draw]),
            )
        rows = output[:, width:].tolist()
        return [
            self._sample(request, tokens, logprobs)
            for request, tokens, logprobs in zip(requests, rows, draw.logprobs, strict=True)
        ]

    def _sample(self, request: Request, tokens: list[int], logprobs: list[float]) -> Sample:
        tokens = tokens[: request.sampling.max_tokens]
        finished = self._end in tokens
        if finished:
            tokens = tokens[: tokens.index(self._end) + 1]
        return Sample(tuple(tokens), tuple(logprobs[: len(tokens)]), (self._version,) * len(tokens), finished)

    def load_weights(self, weights: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Replaces the weights, all of them or some. Raises KeyError for a name the model does not have."""
        if not self._shared:
            known = dict(self._policy.lm.named_parameters())
            with torch.no_grad():
                for name, weight in weights:
                    known[name].copy_(weight)
        self._version = version
