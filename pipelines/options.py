"""What a build is asked to do."""

from dataclasses import dataclass, field
from typing import Literal

from pipelines.curation.options import Curation
from pipelines.tokens import DEFAULT_TOKENIZER
from sandbox import SandboxConfig
from sandbox.levels import DEFAULT_LEVEL, Level
from schemas.job import MAX_EVENTS, MAX_TRACE_BYTES, Limits
from schemas.problem import Problem
from schemas.solution import Solution

Backend = Literal["docker", "process"]


@dataclass(frozen=True)
class BuildOptions:
    """The options that decide what is in a corpus; how it is run (workers, runner) is not among them.

    Attributes:
        sources: `KIND:PATH` each.
        limit: how many good rows to read, in all; None for all of them.
        styles: each execution is told once in each.
        max_tokens: what prompt and explanation may take together; longer ones are folded; None for no limit.
        tokenizer: see `pipelines.tokens.token_counter`.
        side_tasks: questions that are asked of each execution, by the names of their configs.
        curation: which programs and inputs are kept.
        time_limit_s: processor seconds of every run; None for the row's own limit, else 10.
        limit_scale: what every limit of time is multiplied by, for a machine slower than the judges'.
        docker_runtime: an OCI runtime of the engine, such as runsc; None for its default.
        sandbox_min_level: the weakest wall behind which programs may run.
    """

    sources: tuple[str, ...]
    limit: int | None = None
    seed: int = 0
    sandbox: Backend = "docker"
    max_events: int = MAX_EVENTS
    max_trace_bytes: int = MAX_TRACE_BYTES
    styles: tuple[str, ...] = ("steps",)
    max_tokens: int | None = None
    tokenizer: str = DEFAULT_TOKENIZER
    side_tasks: tuple[str, ...] = ()
    time_limit_s: float | None = None
    limit_scale: float = 1.0
    docker_runtime: str | None = None
    sandbox_min_level: Level = DEFAULT_LEVEL
    curation: Curation = field(default_factory=Curation)

    def sandbox_config(self) -> SandboxConfig:
        """How a worker opens its sandbox."""
        return SandboxConfig(self.sandbox, runtime=self.docker_runtime, min_level=self.sandbox_min_level)

    def limits_of(self, solution: Solution | Problem) -> Limits:
        """What a run of this solution, or of any of this problem, may use."""
        default = Limits()
        cpu_s = self.limit_scale * (self.time_limit_s or solution.time_limit_s or default.cpu_s)
        return Limits(
            cpu_s=cpu_s,
            wall_s=2 * cpu_s,
            memory_bytes=solution.memory_limit_bytes or default.memory_bytes,
            output_bytes=default.output_bytes,
            max_events=self.max_events,
            max_trace_bytes=self.max_trace_bytes,
        )
