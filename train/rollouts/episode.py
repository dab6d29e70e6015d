"""An episode that was played: every context with its tokens, and the ending; and the plain way to play one."""

import hashlib
from dataclasses import dataclass
from typing import Any

from train.environments.situation import Ask, Ending, Environment, Reply
from train.rollouts.chat import Chat
from train.rollouts.engine import Engine, Request, Sample, Sampling, generate

_UNASKED = Sample((), (), (), finished=False)


@dataclass(frozen=True)
class Context:
    """One question of an episode, what the model said in tokens, and as text."""

    ask: Ask
    prompt: tuple[int, ...]
    sample: Sample
    text: str

    @property
    def reply(self) -> Reply:
        """What the environment gets to see."""
        return Reply(self.text, self.sample.finished)


@dataclass(frozen=True)
class Episode:
    """All contexts of an episode, in the order they were asked, and how it ended."""

    contexts: tuple[Context, ...]
    ending: Ending

    @property
    def tokens(self) -> int:
        """How many tokens the model said in all."""
        return sum(len(context.sample.tokens) for context in self.contexts)

    @property
    def turns(self) -> list[tuple[str, str]]:
        """What was asked and what was said, as (role, text), for people to read."""
        return [
            turn
            for context in self.contexts
            for turn in ((f"user ({context.ask.role})", context.ask.prompt), ("assistant", context.text))
        ]

    @property
    def oldest_version(self) -> int:
        """The oldest weights that drew any of its tokens; staleness counts from here."""
        return min((version for context in self.contexts for version in context.sample.versions), default=0)


def seed_of(episode_seed: int, turn: int, place: int) -> int:
    """The seed of one question: its episode's seed, the turn, and its place in the turn, hashed to 31 bits."""
    digest = hashlib.blake2b(f"{episode_seed} {turn} {place}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) >> 1


def request_of(key: str, prompt: tuple[int, ...], sampling: Sampling, seed: int, context_length: int) -> Request | None:
    """The request for a prompt, its reply held to what the context still holds; None where that is nothing."""
    room = min(sampling.max_tokens, context_length - len(prompt))
    return Request(key, prompt, Sampling(sampling.temperature, sampling.top_p, room), seed) if room > 0 else None


def play_by_reference(
    environment: Environment[Any, Any], task: object, engine: Engine, chat: Chat, sampling: Sampling, *, seed: int
) -> Episode:
    """Plays one episode, one question after another: what the fast rollouts must equal."""
    situation, contexts, turn = environment.start(task), [], 0
    while situation.ending is None:
        replies = []
        for place, ask in enumerate(situation.asks):
            prompt = chat.encode(ask.prompt)
            request = request_of("one", prompt, sampling, seed_of(seed, turn, place), engine.context_length)
            sample = generate(engine, [request])[0] if request is not None else _UNASKED
            contexts.append(Context(ask, prompt, sample, chat.decode(sample.tokens)))
            replies.append(contexts[-1].reply)
        situation, turn = environment.step(situation, replies), turn + 1
    return Episode(tuple(contexts), situation.ending)
