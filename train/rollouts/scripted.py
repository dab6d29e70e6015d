"""An engine without a model: a function of the prompt says the reply, in any order of finishing."""

import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from train.rollouts.engine import Engine, Request, Sample

if TYPE_CHECKING:
    from torch import Tensor


class ScriptedEngine(Engine):
    """Replies to requests by a script; for tests of rollouts and for playing recorded replies again.

    Args:
        script: tokens of the reply to a request; a reply longer than the request allows is cut.
        finish_seed: fixes how many requests each step finishes and in which order.
    """

    def __init__(
        self, script: Callable[[Request], tuple[int, ...]], *, context_length: int = 1 << 20, finish_seed: int = 0
    ) -> None:
        super().__init__(context_length)
        self._script = script
        self._random = random.Random(finish_seed)
        self._version = 0
        self.seen: list[Request] = []

    def submit(self, request: Request) -> None:
        """Queues a request."""
        super().submit(request)
        self.seen.append(request)

    def step(self) -> list[tuple[str, Sample]]:
        """Finishes some of the requests."""
        waiting = list(self._waiting)
        finished = self._random.sample(waiting, self._random.randint(1, len(waiting))) if waiting else []
        return [(key, self._sample(self._waiting.pop(key))) for key in finished]

    def _sample(self, request: Request) -> Sample:
        said = self._script(request)
        tokens = said[: request.sampling.max_tokens]
        return Sample(tokens, (0.0,) * len(tokens), (self._version,) * len(tokens), len(tokens) == len(said))

    def load_weights(self, weights: Iterable[tuple[str, "Tensor"]], version: int) -> None:
        """Takes the version; there are no weights to replace."""
        for _ in weights:
            pass
        self._version = version
