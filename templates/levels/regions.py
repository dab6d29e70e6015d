"""Finds the ranges of events that may be told as one step: iterations of loops, calls, and straight-line blocks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from templates.program_model import ProgramModel, Statement
from tracer.events import Bind, Trace, Unbind

FoldKind = Literal["block", "iterations", "call"]

_LOOPS = ("for", "while")
_SIMPLE = frozenset(
    {"assign", "augmented", "annotated", "expression", "delete", "pass", "declaration", "import", "break", "continue"}
)


@dataclass(frozen=True)
class Fold:
    """Events `start` to `end` (by number from 0, both included) told as one step.

    Attributes:
        frame: the frame that the range is seen from.
        first, last: of `iterations`, the numbers of the first and the last one; of `block`, lines.
        line: of `iterations`, where the loop begins.
    """

    kind: FoldKind
    start: int
    end: int
    frame: int
    first: int = 0
    last: int = 0
    line: int = 0


@dataclass(eq=False)
class Visit:
    """One run of a loop from its first header event to where control leaves it.

    Attributes:
        headers: the event of each time that the header ran; the last one ends the loop or goes into an
            iteration that never comes back to the header.
        height: 1 for a loop that holds no other visit of a loop, else one more than the highest it holds.
        caller: the visit that this one stands in, in this frame or in the frames that wait for it.
    """

    frame: int
    statement: Statement
    headers: list[int]
    caller: "Visit | None"
    height: int = 1

    @property
    def rounds(self) -> int:
        """The iterations that came back to the header."""
        return len(self.headers) - 1

    def fold(self, first: int, last: int) -> Fold:
        """The range of iterations `first` to `last`, counted from 1."""
        line = self.statement.start[0]
        return Fold("iterations", self.headers[first - 1], self.headers[last] - 1, self.frame, first, last, line)


@dataclass(eq=False)
class Activation:
    """One call that ended: its `call` event, the event that ends it, and how many calls it holds, one in another."""

    name: str
    frame: int
    parent: int
    start: int
    end: int
    height: int = 0

    def fold(self) -> Fold:
        """The range from the call up to the event before its return."""
        return Fold("call", self.start, self.end - 1, self.parent)


@dataclass
class Regions:
    """The ranges of one trace.

    Attributes:
        visits, calls: in the order in which they begin.
        statements: by event, the statement that a `line` event begins.
        foreign: by event, the frames other than its own and the module in which its segment binds names.
    """

    visits: list[Visit] = field(default_factory=list)
    calls: list[Activation] = field(default_factory=list)
    statements: list[Statement | None] = field(default_factory=list)
    foreign: dict[int, set[int]] = field(default_factory=dict)


@dataclass(eq=False)
class _Open:
    """A frame that is running or waiting."""

    number: int
    parent: "_Open | None"
    name: str = ""
    start: int = -1
    height: int = 0
    loops: list[Visit] = field(default_factory=list)
    last: Statement | None = None


def read_regions(trace: Trace, model: ProgramModel) -> Regions:
    """One pass over the events."""
    regions = Regions()
    frames = {0: _Open(0, None)}
    mixed: set[int] = set()
    for number, event in enumerate(trace.events):
        statement = model.statement(event.span) if event.kind == "line" and event.span is not None else None
        regions.statements.append(statement)
        bound = {change.frame for change in event.changes if isinstance(change, Bind | Unbind)} - {0}
        if number and bound - {trace.events[number - 1].frame}:
            regions.foreign[number - 1] = bound
        match event.kind:
            case "call":
                frames[event.frame] = _Open(event.frame, frames.get(event.parent), event.name, number)
            case "line" if statement is not None:
                _arrive(regions, frames[event.frame], statement, number)
            case "yield" | "resume":
                mixed.add(event.frame)
            case "return" | "unwind" if event.frame and event.frame in frames:
                ended = frames.pop(event.frame)
                if event.frame not in mixed and ended.parent is not None:
                    _end_call(regions, ended, number)
    regions.calls.sort(key=lambda call: call.start)
    return regions


def _arrive(regions: Regions, frame: _Open, statement: Statement, number: int) -> None:
    """A statement begins: leaves the loops that do not hold it, enters or goes round the one that it is."""
    stack, before = frame.loops, frame.last
    frame.last = statement
    while stack and not stack[-1].statement.spans(statement.start):
        stack.pop()
    if statement.kind not in _LOOPS or statement is before:
        return
    if stack and stack[-1].statement is statement:
        stack[-1].headers.append(number)
        return
    visit = Visit(frame.number, statement, [number], _innermost(frame))
    stack.append(visit)
    regions.visits.append(visit)
    below, caller = 1, visit.caller
    while caller is not None and caller.height <= below:
        below += 1
        caller.height = below
        caller = caller.caller


def _innermost(frame: _Open | None) -> Visit | None:
    while frame is not None:
        if frame.loops:
            return frame.loops[-1]
        frame = frame.parent
    return None


def _end_call(regions: Regions, ended: _Open, number: int) -> None:
    parent = ended.parent
    assert parent is not None
    parent.height = max(parent.height, ended.height + 1)
    if number - ended.start > 2:
        regions.calls.append(Activation(ended.name, ended.number, parent.number, ended.start, number, ended.height))


def is_closed(trace: Trace, regions: Regions, fold: Fold) -> bool:
    """Does a range touch no frame but the one it is seen from, the module's names, and frames that it opens and closes?

    Only then do its net changes, as that frame sees them, say all that is left of it.
    """
    opened: set[int] = set()
    known = {fold.frame}
    stays = fold.frame if fold.kind != "call" else trace.events[fold.start].frame
    for number in range(fold.start, fold.end + 1):
        event = trace.events[number]
        if event.kind == "call":
            opened.add(event.frame)
            known.add(event.frame)
        elif event.kind in ("yield", "resume") or (event.frame != stays and event.frame not in opened):
            return False
        elif event.kind in ("return", "unwind"):
            opened.discard(event.frame)
        if not regions.foreign.get(number, set()) <= known:
            return False
    return not opened - {stays}


def blocks(trace: Trace, regions: Regions, folds: list[Fold]) -> Iterator[Fold]:
    """The straight-line blocks of two statements and more outside the given ranges, which stand in their order."""
    at = 0
    taken = iter([*folds, Fold("block", len(trace.events), len(trace.events), 0)])
    for fold in taken:
        yield from _blocks_between(trace, regions, at, fold.start)
        at = fold.end + 1


def _blocks_between(trace: Trace, regions: Regions, start: int, stop: int) -> Iterator[Fold]:
    first = start
    while first < stop:
        last = _block_end(trace, regions, first, stop)
        if last > first:
            begin, end = trace.events[first].span, trace.events[last].span
            assert begin is not None and end is not None
            yield Fold("block", first, last, trace.events[first].frame, begin[0], end[0])
        first = max(first, last) + 1


def _block_end(trace: Trace, regions: Regions, first: int, stop: int) -> int:
    """The last event of the block that begins at an event; an event before it where none does."""
    events = trace.events
    frame = events[first].frame
    last = first - 1
    for number in range(first, stop):
        statement, event = regions.statements[number], events[number]
        following = events[number + 1] if number + 1 < len(events) else None
        goes_on = following is not None and following.frame == frame and following.kind in ("line", "return")
        if event.frame != frame or statement is None or statement.kind not in _SIMPLE or not goes_on:
            break
        if number in regions.foreign:
            break
        last = number
    return last
