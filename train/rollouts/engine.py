"""The one interface of all rollout engines: requests in, samples out, weights replaced in between."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class EngineUnavailable(Exception):
    """This machine cannot run the engine that was asked for; the message names the remedy."""


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn.

    Attributes:
        temperature: divides the logits; 0 takes the likeliest token.
        top_p: keeps the likeliest tokens that have this much probability together.
        max_tokens: tokens of a reply at most, its end token included.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 1024


@dataclass(frozen=True)
class Request:
    """One prompt to be continued once. The same seed draws the same tokens from the same weights."""

    key: str
    prompt: tuple[int, ...]
    sampling: Sampling
    seed: int


@dataclass(frozen=True)
class Sample:
    """One continuation.

    Attributes:
        tokens: the tokens drawn, the end token included where one was.
        logprobs: of each, under the distribution it was drawn from (temperature and top-p applied).
        versions: of each, the version of the weights that drew it.
        finished: it ended by itself and not at the limit of tokens.
    """

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    versions: tuple[int, ...]
    finished: bool

    def __post_init__(self) -> None:
        if not len(self.tokens) == len(self.logprobs) == len(self.versions):
            raise ValueError(
                f"{len(self.tokens)} tokens with {len(self.logprobs)} logprobs and {len(self.versions)} versions"
            )


class Engine(ABC):
    """Samples from a model whose weights may be replaced between two steps, also under running requests.

    Attributes:
        context_length: tokens of a prompt and its continuation together, at most.
    """

    def __init__(self, context_length: int) -> None:
        self.context_length = context_length
        self._waiting: dict[str, Request] = {}

    @property
    def pending(self) -> int:
        """Requests submitted and not yet returned."""
        return len(self._waiting)

    def submit(self, request: Request) -> None:
        """Queues a request."""
        self._waiting[request.key] = request

    @abstractmethod
    def step(self) -> list[tuple[str, Sample]]:
        """Does the next piece of work and returns what finished with it, by request key."""

    @abstractmethod
    def load_weights(self, weights: Iterable[tuple[str, "Tensor"]], version: int) -> None:
        """Replaces the weights; tokens drawn from here on carry this version."""

    def close(self) -> None:
        """Forgets what is queued and frees what the engine holds."""
        self._waiting.clear()


def generate(engine: Engine, requests: Sequence[Request]) -> list[Sample]:
    """Samples of all requests, in their order. The engine must hold no other requests."""
    for request in requests:
        engine.submit(request)
    done: dict[str, Sample] = {}
    while engine.pending:
        done.update(engine.step())
    return [done[request.key] for request in requests]
