"""A row of the `traces` config: a stored trace."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TraceRow:
    """`traces`: the log, the truth everything else derives from, beside columns to filter by.

    `id` is the hash of program, input, limits, Python version and tracer version.
    """

    id: str
    log: bytes
    kind: str
    code: str
    prelude: str
    setup: str
    input: str
    output: str
    verdict: str
    integrity: str
    events: int
    bytes: int
    python: str
    tracer: str
    problem_id: str
    solution_id: str
