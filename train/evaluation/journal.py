"""Keeps every reply of an evaluation on disk as it comes, so that one that was stopped asks nothing twice."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.rollouts.engine import Engine, Request, Sample

if TYPE_CHECKING:
    from torch import Tensor


class JournalledEngine(Engine):
    """An engine that first looks in a file of earlier replies, and adds each new one to it.

    A reply belongs to its prompt, seed and sampling; the file belongs to one model.
    """

    def __init__(self, engine: Engine, path: Path) -> None:
        super().__init__(engine.context_length)
        self._engine = engine
        self._known: dict[str, Sample] = {}
        self._digests: dict[str, str] = {}
        self._ready: list[tuple[str, Sample]] = []
        if path.exists():
            for line in path.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    entry = json.loads(line)
                    self._known[entry["request"]] = _sample(entry)
            path.write_text("".join(json.dumps(_entry(key, one)) + "\n" for key, one in self._known.items()))
        self._file = path.open("a")

    def submit(self, request: Request) -> None:
        """Queues a request, or finds its reply."""
        super().submit(request)
        digest = _digest(request)
        if digest in self._known:
            self._ready.append((request.key, self._known[digest]))
        else:
            self._digests[request.key] = digest
            self._engine.submit(request)

    def step(self) -> list[tuple[str, Sample]]:
        """What was found, and what the engine finished."""
        done, self._ready = self._ready, []
        for key, sample in self._engine.step() if self._engine.pending else ():
            digest = self._digests.pop(key)
            self._known[digest] = sample
            self._file.write(json.dumps(_entry(digest, sample)) + "\n")
            done.append((key, sample))
        self._file.flush()
        for key, _ in done:
            del self._waiting[key]
        return done

    def load_weights(self, weights: Iterable[tuple[str, "Tensor"]], version: int) -> None:
        """Raises ValueError: the replies on file are those of one model."""
        raise ValueError("the weights of a model under evaluation do not change")

    def close(self) -> None:
        """Closes the file and the engine."""
        self._file.close()
        self._engine.close()


def _digest(request: Request) -> str:
    sampling = request.sampling
    asked = [request.seed, sampling.temperature, sampling.top_p, sampling.max_tokens, *request.prompt]
    return hashlib.blake2b(json.dumps(asked).encode(), digest_size=16).hexdigest()


def _entry(digest: str, sample: Sample) -> dict[str, Any]:
    return {"request": digest, "finished": sample.finished, "tokens": sample.tokens}


def _sample(entry: dict[str, Any]) -> Sample:
    tokens = tuple(entry["tokens"])
    # What an evaluation never looks at is not kept.
    return Sample(tokens, (0.0,) * len(tokens), (0,) * len(tokens), entry["finished"])
