"""The records of an episode in progress: what is asked, what was replied, how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

Role = Literal["predict", "solve", "simulate", "revise"]
Reason = Literal["right", "wrong", "unreadable", "cut"]

Task_contra = TypeVar("Task_contra", contravariant=True)
Memory = TypeVar("Memory")


@dataclass(frozen=True)
class Ask:
    """One question to the model: a prompt that stands alone, with nothing of the turns before it but what it says.

    Attributes:
        role: which question it is.
        prompt: the user's whole turn.
        test: for `simulate`, the place of the public test among the problem's (0-based), else None.
    """

    role: Role
    prompt: str
    test: int | None = None


@dataclass(frozen=True)
class Reply:
    """What the model said; `finished` is false where a limit of tokens cut it."""

    text: str
    finished: bool = True


@dataclass(frozen=True)
class Ending:
    """How an episode ended.

    Attributes:
        reward: the terminal reward, of the whole episode: plus or minus the environment's scale.
        reason: `right`; `wrong`; `unreadable`, no answer stood where one must; `cut` by the token limit.
        solutions: the programs the model wrote, in order; the last one was graded. Empty for output prediction.
    """

    reward: float
    reason: Reason
    solutions: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the episode earned its reward."""
        return self.reason == "right"


@dataclass(frozen=True)
class Situation(Generic[Memory]):
    """An episode between two turns: open questions, or the ending, and what the environment remembers."""

    memory: Memory
    asks: tuple[Ask, ...] = ()
    ending: Ending | None = None

    def __post_init__(self) -> None:
        if bool(self.asks) == (self.ending is not None):
            raise ValueError(f"an episode asks or has ended: {len(self.asks)} asks with ending {self.ending}")


class Environment(Protocol[Task_contra, Memory]):
    """The rules of one kind of episode.

    Both methods are functions of their arguments: no clock, no random numbers, no state of their own. What
    runs, runs in the sandbox. A situation is never changed; the same replies lead to the same next one.
    """

    def start(self, task: Task_contra) -> Situation[Memory]:
        """The first situation of a task. Raises ValueError where the task cannot be posed."""
        ...

    def step(self, situation: Situation[Memory], replies: Sequence[Reply]) -> Situation[Memory]:
        """The situation after one reply to each open question, in their order."""
        ...
