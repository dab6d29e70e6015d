"""A job: one program, one input, and the limits it runs under."""

from dataclasses import dataclass, replace
from typing import Literal

ProgramKind = Literal["stdin", "function"]
Probe = Literal["none", "branches", "full"]

HASH_SEEDS = 4
"""Hash seeds that runs may have; a sandbox keeps a warm process for each that was asked for."""
MAX_EVENTS = 10_000
MAX_TRACE_BYTES = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What one run may use.

    Attributes:
        cpu_s: processor seconds of the program.
        wall_s: seconds on the clock, the guard for programs that sleep.
        memory_bytes: memory of the program itself (thread stacks come on top).
        output_bytes: bytes of stdout kept; one more is `output_limit`.
        scratch_bytes: bytes of files that it may write, all together, in a folder of its own; 0: it writes none.
        max_events: events of a trace (paper: 10,000).
        max_trace_bytes: bytes of a trace's log (paper: 1 MB).
    """

    cpu_s: float = 10.0
    wall_s: float = 20.0
    memory_bytes: int = 512 << 20
    output_bytes: int = 1 << 20
    max_events: int = MAX_EVENTS
    max_trace_bytes: int = MAX_TRACE_BYTES
    scratch_bytes: int = 0

    def scaled(self, factor: float) -> "Limits":
        """The same with the clocks multiplied, for machines faster or slower than those the limits were set for.

        Raises ValueError for a factor that is not above zero.
        """
        if not factor > 0:
            raise ValueError(f"limits are scaled by a factor above zero, got {factor}")
        return replace(self, cpu_s=self.cpu_s * factor, wall_s=self.wall_s * factor)


@dataclass(frozen=True)
class Program:
    """What runs. `prelude` runs before and `setup` after the code, both untraced.

    A `stdin` program is a script that runs as `__main__`. A `function` program is a module whose
    names a call expression uses.
    """

    kind: ProgramKind
    code: str
    prelude: str = ""
    setup: str = ""


@dataclass(frozen=True)
class Job:
    """One run of a program on one input.

    Attributes:
        stdin: the text on fd 0; empty for a call.
        call: the call expression of a `function` program, else None.
        traced: record a trace (the run is then slower and its verdict does not count).
        hash_seed: `PYTHONHASHSEED` of the run, below `HASH_SEEDS`; `random` is seeded with it too.
    """

    program: Program
    stdin: str = ""
    call: str | None = None
    limits: Limits = Limits()
    probe: Probe = "full"
    traced: bool = False
    hash_seed: int = 0

    def __post_init__(self) -> None:
        if (self.call is None) != (self.program.kind == "stdin"):
            raise ValueError(f"a {self.program.kind} program with call={self.call!r}: only functions are called")
        if not 0 <= self.hash_seed < HASH_SEEDS:
            raise ValueError(f"hash_seed is 0 to {HASH_SEEDS - 1}, got {self.hash_seed}")


def effective_source(code: str, call: str | None) -> str:
    """The text whose lines a trace speaks of: the code and, for a call, the call as one more line."""
    if call is None:
        return code
    return f"{code}{'' if code.endswith(chr(10)) or not code else chr(10)}{call}\n"
