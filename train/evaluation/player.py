"""A model under evaluation: plays every task several times, with a progress bar."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from train.environments.situation import Environment
from train.rollouts.chat import Chat
from train.rollouts.engine import Engine, Sampling
from train.rollouts.episode import Episode, seed_of
from train.rollouts.rollout import Start, play_all


@dataclass(frozen=True)
class Player:
    """A model and how it is sampled.

    Attributes:
        seed: fixes every draw.
        lockstep: as in `Rollouts`.
    """

    engine: Engine
    chat: Chat
    sampling: Sampling
    seed: int = 0
    lockstep: bool = True

    def play(
        self, environment: Environment[Any, Any], tasks: Sequence[object], times: int, title: str
    ) -> list[list[Episode]]:
        """The episodes of each task, `times` of them; the same for the same tasks in the same order."""
        starts = [
            Start((place, copy), environment, task, seed_of(self.seed, place, copy))
            for place, task in enumerate(tasks)
            for copy in range(times)
        ]

        def told(key: tuple[int, int], episode: Episode) -> None:
            bar.update(1)

        with tqdm(total=len(starts), desc=title, unit="episode", dynamic_ncols=True, file=sys.stderr) as bar:
            episodes = play_all(
                starts,
                self.engine,
                self.chat,
                self.sampling,
                lockstep=self.lockstep,
                ended=told,
            )
        return [episodes[place * times : (place + 1) * times] for place in range(len(tasks))]
