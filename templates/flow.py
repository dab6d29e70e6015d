"""What a trace's order says: which statement each segment belongs to, when it is over, and where control goes next."""

from dataclasses import dataclass, field

from templates.program_model import Statement
from tracer.events import Trace


@dataclass(frozen=True)
class Flow:
    """The order of a trace, by event number.

    Attributes:
        owner: the `line` event whose statement the segment after an event belongs to; -1 for none.
        last: of a `line` event, the last event whose segment belongs to that execution of the statement.
        follows: of a `line` event, the next one in the same frame; -1 where an exception, a return or the
            trace's end comes first.
        raised: of a `line` event, whether an exception left that execution of the statement.
        depth: of a `call` event, how many calls deep it is; 1 is called by the module.
        came_from: of an `exception` event, whether another frame passed it on.
    """

    owner: list[int]
    last: list[int]
    follows: list[int]
    raised: list[bool]
    depth: dict[int, int]
    came_from: set[int]


def read_flow(trace: Trace) -> Flow:
    """One pass forward over the events."""
    count = len(trace.events)
    flow = Flow([-1] * count, [-1] * count, [-1] * count, [False] * count, {}, set())
    line: dict[int, int] = {}
    parents: dict[int, int] = {0: 0}
    depths: dict[int, int] = {0: 0}
    left = -1
    for number, event in enumerate(trace.events):
        frame, here = event.frame, event.frame
        before = line.get(frame, -1)
        arrives, left = left, -1
        match event.kind:
            case "line":
                if before >= 0 and not flow.raised[before]:
                    flow.follows[before] = number
                line[frame] = number
            case "call":
                parents[frame] = event.parent
                depths[frame] = flow.depth[number] = depths.get(event.parent, 0) + 1
                continue
            case "resume":
                parents[frame] = event.parent
            case "exception":
                if arrives == frame:
                    flow.came_from.add(number)
                if before >= 0:
                    flow.raised[before] = True
                    flow.owner[number] = before
                continue
            case "return" | "yield" | "unwind":
                if frame == 0:
                    continue
                here = parents.get(frame, 0)
                left = here if event.kind == "unwind" else -1
        owner = line.get(here, -1)
        flow.owner[number] = owner
        if owner >= 0 and not flow.raised[owner]:
            flow.last[owner] = number
    return flow


@dataclass(slots=True)
class _Block:
    statement: Statement
    rounds: int = 1


@dataclass
class Loops:
    """The loops and `with` blocks that each frame stands in, and how often it has gone round."""

    stacks: dict[int, list[_Block]] = field(default_factory=dict)

    def arrive(self, frame: int, statement: Statement) -> int:
        """Control reaches a statement: leaves what does not hold it; how many rounds the statement itself has gone."""
        stack = self.stacks.setdefault(frame, [])
        while stack and not stack[-1].statement.spans(statement.start):
            stack.pop()
        return stack[-1].rounds if stack and stack[-1].statement is statement else 0

    def enter(self, frame: int, statement: Statement) -> None:
        """The statement's block begins, for the first time or once more."""
        stack = self.stacks[frame]
        if stack and stack[-1].statement is statement:
            stack[-1].rounds += 1
        else:
            stack.append(_Block(statement))

    def leave(self, frame: int, statement: Statement) -> None:
        """The statement's block is over."""
        stack = self.stacks[frame]
        if stack and stack[-1].statement is statement:
            stack.pop()
