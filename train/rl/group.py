"""A group of episodes of one task, and what of it can be learnt from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from train.data.packing import NO_TARGET, Document
from train.rl.advantage import advantages
from train.rl.config import RlConfig
from train.rollouts.episode import Context, Episode


@dataclass(frozen=True)
class Group:
    """The episodes of task `number`, played in the environment `name` on the row `row_id`."""

    number: int
    name: str
    row_id: str
    episodes: tuple[Episode, ...]

    @property
    def rewards(self) -> list[float]:
        """The reward of each episode."""
        return [episode.ending.reward for episode in self.episodes]


@dataclass(frozen=True)
class Lesson:
    """An episode with its advantage, which goes to every token the model said in any of its contexts."""

    episode: Episode
    advantage: float


def lessons_of(groups: Sequence[Group], config: RlConfig, version: int) -> tuple[list[Lesson], Counter[str]]:
    """What can be learnt from, and counts of what was dropped.

    A group whose rewards are all equal says nothing and is dropped whole (`flat_groups`). The baseline is of all
    the group's episodes; then those with a token drawn by weights more than `max_staleness` steps older than
    `version` are dropped (`stale_episodes`), and those without a token (`silent_episodes`).
    """
    lessons, dropped = [], Counter({"flat_groups": 0, "stale_episodes": 0, "silent_episodes": 0})
    for group in groups:
        lengths = [episode.tokens for episode in group.episodes]
        if len(set(group.rewards)) == 1 or sum(lengths) == 0:
            dropped["flat_groups"] += 1
            continue
        gains = advantages(group.rewards, lengths, baseline=config.baseline, divide_by_std=config.divide_by_std)
        for episode, gain in zip(group.episodes, gains, strict=True):
            if episode.tokens == 0:
                dropped["silent_episodes"] += 1
            elif version - episode.oldest_version > config.max_staleness:
                dropped["stale_episodes"] += 1
            else:
                lessons.append(Lesson(episode, gain))
    return lessons, dropped


def document_of(context: Context) -> Document:
    """A context as a document whose targets are the tokens that the model said."""
    said = context.sample.tokens
    ids = (*context.prompt, *said)[:-1]
    return Document(ids, (*(NO_TARGET,) * (len(context.prompt) - 1), *said))
