"""Plays many episodes at once: every open question of every episode is with the engine at the same time."""

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from train.environments.situation import Environment, Situation
from train.rollouts.chat import Chat
from train.rollouts.engine import Engine, Sample, Sampling
from train.rollouts.episode import Context, Episode, request_of, seed_of

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Start(Generic[Key]):
    """An episode to be played; `key` names it in the results."""

    key: Key
    environment: Environment[Any, Any]
    task: object
    seed: int


@dataclass
class _Play(Generic[Key]):
    """An episode under way: its situation and the replies that have come of the turn's."""

    start: Start[Key]
    number: int
    situation: Situation[Any]
    turn: int = 0
    contexts: list[Context] = field(default_factory=list)
    prompts: list[tuple[int, ...]] = field(default_factory=list)
    samples: dict[int, Sample] = field(default_factory=dict)


class Rollouts(Generic[Key]):
    """Episodes under way over one engine. Environments step in threads, since they wait for the sandbox.

    Args:
        lockstep: finish every environment's step before the engine's next, so that what the engine works on at a
            time never depends on how long a program ran. Slower, and repeatable to the bit.
    """

    def __init__(
        self, engine: Engine, chat: Chat, sampling: Sampling, *, lockstep: bool = False, threads: int = 8
    ) -> None:
        self._engine = engine
        self._chat = chat
        self._sampling = sampling
        self._lockstep = lockstep
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="environment")
        self._plays: dict[int, _Play[Key]] = {}
        self._steps: dict[Future[Situation[Any]], _Play[Key]] = {}
        self._count = 0

    @property
    def under_way(self) -> int:
        """Episodes begun and not yet returned."""
        return len(self._plays)

    def begin(self, start: Start[Key]) -> None:
        """Begins an episode. Raises ValueError where its environment cannot pose the task."""
        play = _Play(start, self._count, start.environment.start(start.task))
        self._count += 1
        self._plays[play.number] = play
        self._ask(play)

    def advance(self) -> list[tuple[Key, Episode]]:
        """One step of the engine, if it has work, and of every environment that can go on; what ended with it.

        Raises whatever an environment's step raised, GradingFailed and SandboxUnavailable among it.
        """
        if self._engine.pending:
            for key, sample in self._engine.step():
                number, place = map(int, key.split("."))
                play = self._plays[number]
                play.samples[place] = sample
                self._step_when_answered(play)
        waiting = self._lockstep or not self._engine.pending
        done = (
            wait(self._steps, return_when="ALL_COMPLETED" if self._lockstep else FIRST_COMPLETED).done
            if waiting
            else {step for step in self._steps if step.done()}
        )
        ended = []
        for step in sorted(done, key=lambda one: self._steps[one].number):
            play = self._steps.pop(step)
            play.situation, play.turn = step.result(), play.turn + 1
            if play.situation.ending is not None:
                del self._plays[play.number]
                ended.append((play.start.key, Episode(tuple(play.contexts), play.situation.ending)))
            else:
                self._ask(play)
        return ended

    def _ask(self, play: _Play[Key]) -> None:
        play.prompts = [self._chat.encode(ask.prompt) for ask in play.situation.asks]
        play.samples = {}
        for place, prompt in enumerate(play.prompts):
            seed = seed_of(play.start.seed, play.turn, place)
            key = f"{play.number}.{place}"
            request = request_of(key, prompt, self._sampling, seed, self._engine.context_length)
            if request is None:
                play.samples[place] = Sample((), (), (), finished=False)
            else:
                self._engine.submit(request)
        self._step_when_answered(play)

    def _step_when_answered(self, play: _Play[Key]) -> None:
        if len(play.samples) < len(play.prompts):
            return
        contexts = [
            Context(ask, prompt, play.samples[place], self._chat.decode(play.samples[place].tokens))
            for place, (ask, prompt) in enumerate(zip(play.situation.asks, play.prompts, strict=True))
        ]
        play.contexts.extend(contexts)
        replies = [context.reply for context in contexts]
        self._steps[self._pool.submit(play.start.environment.step, play.situation, replies)] = play

    def close(self) -> None:
        """Lets the environments' threads end; episodes under way are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def play_all(
    starts: Sequence[Start[Key]],
    engine: Engine,
    chat: Chat,
    sampling: Sampling,
    *,
    lockstep: bool = True,
    ended: Callable[[Key, Episode], None] = lambda key, episode: None,
) -> list[Episode]:
    """Plays all episodes to their end and returns them in order; `ended` hears of each as it ends."""
    episodes: dict[int, Episode] = {}
    with Rollouts[int](engine, chat, sampling, lockstep=lockstep) as rollouts:
        for place, start in enumerate(starts):
            rollouts.begin(Start(place, start.environment, start.task, start.seed))
        while rollouts.under_way:
            for place, episode in rollouts.advance():
                episodes[place] = episode
                ended(starts[place].key, episode)
    return [episodes[place] for place in range(len(starts))]
