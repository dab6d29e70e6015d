"""A row of the `rejects` config: what did not become an example."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RejectRow:
    """`rejects`: what did not become an example, and why.

    Attributes:
        stage: `read`, `select`, `sandbox`, `trace`, `narrate` or `check`.
        reason: a short code to count by.
        message: one sentence for a person: what was found, and what to do about it.
        location: the source file and row.
        input: the input of the execution, cut to 1,000 characters; empty when a whole row was refused.
        claim: the sentence that could not be grounded, else empty.
    """

    id: str
    stage: str
    reason: str
    message: str
    location: str
    input: str
    claim: str
    problem_id: str
    solution_id: str
