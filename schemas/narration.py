"""A trace put into words, before and after the check."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Narration:
    """The prose of one execution.

    Attributes:
        prompt: what the user asks: program, input, request.
        explanation: the steps.
        answer: the answer block.
        style: the folder of templates it was made with.
        steps: how many numbered steps the explanation has.
        folded: how many events of the trace steps tell that tell more than one.
    """

    prompt: str
    explanation: str
    answer: str
    style: str
    steps: int
    folded: int = 0


@dataclass(frozen=True)
class UngroundedClaim:
    """One claim that the trace does not bear out: the step it stands in, its text, and why it fails."""

    step: int
    claim: str
    reason: str


@dataclass(frozen=True)
class CheckReport:
    """What the checker found. A narration is true when `problems` is empty.

    Attributes:
        claims: how many sentences were read.
        left_out: how many evaluations in comprehensions and lambdas the steps that tell of these say they leave out.
    """

    claims: int
    problems: tuple[UngroundedClaim, ...]
    left_out: int = 0
