"""A row of the `traces` config: a stored trace."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TraceRow:
    """`traces`: the log, the truth everything else derives from, beside columns to filter by.

    With it, and without running anything, the execution can be told again.

    Attributes:
        id: the hash of program, input, limits, Python version and tracer version.
        judgement: `accepted`, `wrong_answer` or `unjudged` against the source's expected output.
        execution_id: the solution's id and the number of its input; the first that had this trace.
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
    judgement: str
    execution_id: str
    problem_id: str
    solution_id: str
    source: str
    license: str
