"""Where groups come from: played on demand between two steps, or all the time in a thread beside training."""

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import torch

from train.model.export import named_weights
from train.model.policy import Policy
from train.model.ranks import Ranks
from train.rl.config import RlConfig
from train.rl.group import Group
from train.rl.tasks import Tasks
from train.rollouts.chat import Chat
from train.rollouts.engine import Engine, Sampling
from train.rollouts.episode import Episode, seed_of
from train.rollouts.rollout import Rollouts, Start


class Frontier:
    """Which task numbers have been begun and which are settled, that is learnt from or dropped.

    A checkpoint holds the numbers that are not settled; a run that goes on plays those first. So none is lost,
    and none is learnt from twice. May be used from several threads.
    """

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self._next: int = state["next"] if state else 0
        self._again: list[int] = list(state["unsettled"]) if state else []
        self._open: set[int] = set()
        self._lock = threading.Lock()

    def take(self) -> int:
        """The next number to play."""
        with self._lock:
            if self._again:
                number = self._again.pop(0)
            else:
                number, self._next = self._next, self._next + 1
            self._open.add(number)
            return number

    def settle(self, numbers: Iterable[int]) -> None:
        """These have been learnt from or dropped."""
        with self._lock:
            self._open.difference_update(numbers)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        with self._lock:
            return {"next": self._next, "unsettled": sorted({*self._open, *self._again})}


@dataclass(frozen=True)
class Players:
    """All that it takes to play: tasks, engine, chat, and how."""

    tasks: Tasks
    engine: Engine
    chat: Chat
    config: RlConfig
    ranks: Ranks

    def rollouts(self, *, lockstep: bool) -> Rollouts[tuple[int, int]]:
        """Rollouts of this engine, with episodes named by (task number, place in the group)."""
        rollouts = self.config.rollouts
        sampling = Sampling(rollouts.temperature, 1.0, rollouts.max_tokens)
        slots = self.config.tasks.sandbox.slots
        return Rollouts(self.engine, self.chat, sampling, lockstep=lockstep, threads=2 * slots)

    def begin(self, rollouts: Rollouts[tuple[int, int]], number: int) -> None:
        """Begins every episode of a task."""
        task = self.tasks[number]
        for place in range(self.config.group_size):
            seed = seed_of(self.config.seed, number, place)
            rollouts.begin(Start((number, place), task.environment, task.row, seed))

    def group(self, number: int, episodes: dict[int, Episode]) -> Group:
        """The finished group of a task."""
        task = self.tasks[number]
        return Group(number, task.name, task.row.id, tuple(episodes[place] for place in sorted(episodes)))


class PlayedBetween:
    """Plays a round when it is asked for one, with the newest weights: the same to the bit for the same weights.

    The ranks take the same numbers and play every so many-th each.
    """

    def __init__(self, players: Players, frontier: Frontier) -> None:
        self._players = players
        self._frontier = frontier

    def renew(self, policy: Policy, version: int) -> None:
        """Gives the engine the weights of this step."""
        self._players.engine.load_weights(named_weights(policy), version)

    def take(self, stopped: Callable[[], bool]) -> list[Group] | None:
        """This rank's groups of a round, by their numbers; None where `stopped` became true meanwhile."""
        taken = [self._frontier.take() for _ in range(self._players.config.groups_per_round)]
        ranks = self._players.ranks
        numbers = taken[ranks.rank :: ranks.world]
        episodes: dict[int, dict[int, Episode]] = {number: {} for number in numbers}
        with self._players.rollouts(lockstep=True) as rollouts:
            for number in numbers:
                self._players.begin(rollouts, number)
            while rollouts.under_way:
                if stopped():
                    return None
                for (number, place), episode in rollouts.advance():
                    episodes[number][place] = episode
        return [self._players.group(number, episodes[number]) for number in numbers]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        return None


class PlayedBeside:
    """Plays all the time in a thread of its own; new weights are taken between two steps of the engine.

    At most `ahead` rounds of groups are under way or waiting, so that what is learnt from stays fresh.
    """

    def __init__(self, players: Players, frontier: Frontier) -> None:
        self._players = players
        self._frontier = frontier
        self._lock = threading.Lock()
        self._fresh: tuple[Sequence[tuple[str, torch.Tensor]], int] | None = None
        self._ready: queue.Queue[Group | BaseException] = queue.Queue()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rollouts", daemon=True)

    def renew(self, policy: Policy, version: int) -> None:
        """Offers the weights of this step; the first call begins the play."""
        weights = [(name, weight.to(torch.bfloat16, copy=True)) for name, weight in named_weights(policy)]
        with self._lock:
            self._fresh = (weights, version)
        if not self._thread.is_alive():
            self._thread.start()

    def take(self, stopped: Callable[[], bool]) -> list[Group] | None:
        """A round of groups in the order they ended; None where `stopped` became true meanwhile."""
        groups: list[Group] = []
        while len(groups) < self._players.config.groups_per_round:
            try:
                group = self._ready.get(timeout=0.2)
            except queue.Empty:
                if stopped():
                    return None
                continue
            if isinstance(group, BaseException):
                raise group
            groups.append(group)
        return groups

    def _run(self) -> None:
        try:
            self._play()
        except BaseException as error:
            self._ready.put(error)

    def _play(self) -> None:
        config = self._players.config
        episodes: dict[int, dict[int, Episode]] = {}
        with self._players.rollouts(lockstep=False) as rollouts:
            while not self._ended.is_set():
                self._take_fresh()
                while len(episodes) + self._ready.qsize() < config.rollouts.ahead * config.groups_per_round:
                    number = self._frontier.take()
                    episodes[number] = {}
                    self._players.begin(rollouts, number)
                if not episodes:
                    self._ended.wait(0.01)
                    continue
                for (number, place), episode in rollouts.advance():
                    episodes[number][place] = episode
                    if len(episodes[number]) == config.group_size:
                        self._ready.put(self._players.group(number, episodes.pop(number)))

    def _take_fresh(self) -> None:
        with self._lock:
            fresh, self._fresh = self._fresh, None
        if fresh is not None:
            self._players.engine.load_weights(iter(fresh[0]), fresh[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
