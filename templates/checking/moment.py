"""One step's moment: the event, its segment and the statement that runs, as the claims are held against them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from templates.checking.claims import Claim
from templates.checking.flow import Flow, Running
from templates.checking.inner_rounds import NO_INNER, InnerTold
from templates.checking.segment import Segment
from templates.checking.source_index import SourceIndex
from templates.checking.value_match import same_text
from templates.execution import Execution
from tracer.events import Event, Value

if TYPE_CHECKING:
    from templates.checking.range_claims import Range
    from templates.checking.retelling import Retelling


class Refused(Exception):
    """A claim that the trace does not bear out; the message says why."""


@dataclass(slots=True, eq=False)
class Moment:
    """Everything that a sentence of one step may speak of.

    Attributes:
        at: the index of the event.
        running: the execution of a statement that the segment belongs to, if any.
        left: the exception that the event before took out of a frame: its type, or empty.
        printed: how many bytes of the segment's output were told.
        read: up to where the input was told.
        stayed: places told to stay.
        idle: whether it was told that nothing changes.
        mains: how many sentences told the event itself.
        retelling: the state as the text tells it.
        popped: the index of the element that was last told to be removed.
        inner: what comprehensions and lambdas evaluated in the segment.
        range: what happened within the range of events that the step tells, if it tells one.
    """

    execution: Execution
    event: Event
    at: int
    index: SourceIndex
    flow: Flow
    segment: Segment
    running: Running | None
    left: str
    returned_to: tuple[str, int | None]
    retelling: "Retelling"
    printed: int = 0
    read: int = 0
    mains: int = 0
    idle: bool = False
    stayed: set[str] = field(default_factory=set)
    range: "Range | None" = None
    popped: int = 0
    inner: InnerTold = NO_INNER

    def is_value(self, text: str, value: Value, *, at_any_time: bool = False) -> bool:
        """Is this the text of a value after the segment, or, where that is meant, before it?"""
        if same_text(text, value, self.segment.now):
            return True
        return at_any_time and bool(self.segment.objects) and same_text(text, value, self.segment.before)


Verify = Callable[[Moment, Claim], None]


def refuse_unless(holds: bool, reason: str) -> None:
    """Raises Refused with the reason unless something holds."""
    if not holds:
        raise Refused(reason)
