"""An execution: everything that may be told of it, and everything that a narration is checked against."""

from dataclasses import dataclass

from schemas.job import ProgramKind
from tracer.events import Trace


@dataclass(frozen=True)
class Execution:
    """One program on one input, and what truly happened.

    Attributes:
        source: the effective source (`schemas.job.effective_source`), whose lines and columns the
            trace speaks of.
        call: the call expression of a `function` program, else None.
        stdin: the text the program was given.
        stdout: the text it printed.
        value: `repr` of the call's value, None for a script or a call that raised.
        error: the type of the exception that ended the program, else empty.
    """

    kind: ProgramKind
    source: str
    call: str | None
    stdin: str
    stdout: str
    value: str | None
    error: str
    trace: Trace
