"""How a sandbox is chosen, and what it says when this machine cannot give one."""

from dataclasses import dataclass
from typing import Literal

from sandbox.levels import DEFAULT_LEVEL, LEVELS, Level

Backend = Literal["docker", "process"]


@dataclass(frozen=True)
class SandboxConfig:
    """Everything a worker needs to open a sandbox of its own; picklable.

    Attributes:
        backend: `docker` is the strong wall; `process` is for machines without a Docker engine.
        slots: how many jobs run at a time; a slot is one jail.
        image: a Docker image to use instead of the one made of this interpreter.
        runtime: a Docker runtime such as `runsc`, if not the engine's default.
        min_level: the weakest wall behind which strangers' programs may run; a weaker jail is refused.
    """

    backend: Backend = "docker"
    slots: int = 1
    image: str | None = None
    runtime: str | None = None
    min_level: Level = DEFAULT_LEVEL

    def __post_init__(self) -> None:
        if self.backend not in ("docker", "process"):
            raise ValueError(f"backend is docker or process, got {self.backend!r}")
        if self.min_level not in LEVELS:
            raise ValueError(f"min_level is one of {', '.join(LEVELS)}, got {self.min_level!r}")
        if self.slots < 1:
            raise ValueError(f"a sandbox has at least one slot, got {self.slots}")


class SandboxUnavailable(Exception):
    """This machine cannot run the sandbox as configured; the message names the remedy."""


class EngineGone(SandboxUnavailable):
    """No Docker engine answers just now."""


class JailBroken(Exception):
    """A jail ended, went silent or spoke nonsense: its job is to be tried again in another."""


class JailUnfit(JailBroken):
    """A new jail did not get through its first job: the machine may not be able to hold one."""
