"""Holds the sentences of a range of events told as one step: what was folded, and what is said of its inside."""

import ast
from dataclasses import dataclass, field

from templates.checking.claims import Claim
from templates.checking.event_claims import hold_call
from templates.checking.flow import Flow, Running
from templates.checking.moment import Moment, Verify, refuse_unless
from templates.checking.net_segment import NetSegment
from templates.checking.place_text import read_place
from templates.checking.source_index import LOOPS, WITHS
from templates.checking.value_match import same_row
from templates.checking.value_text import Row, read_value
from tracer.events import Exact, Opaque, Ref

_COMPOUND = (
    ast.If,
    ast.Assert,
    ast.Match,
    ast.match_case,
    ast.Try,
    ast.TryStar,
    ast.ExceptHandler,
    *LOOPS,
    *WITHS,
)


@dataclass
class Range:
    """What happened within a range of events.

    Attributes:
        first, last: the indices of its events.
        view: the frame that it is told of: the current one before its first event.
        frames: the frames that lived before it.
        begun: every execution of a statement that began within it, with its frame.
        left: whether the viewing frame was left for good.
    """

    first: int
    last: int
    view: int
    frames: frozenset[int]
    begun: list[tuple[int, Running]] = field(default_factory=list)
    left: bool = False


def _range_of(moment: Moment) -> Range:
    refuse_unless(moment.range is not None, "the step tells one event, it is no range")
    assert moment.range is not None
    return moment.range


def _hold_closed(moment: Moment, flow: Flow, allowed: int | None = None) -> None:
    """Refuses a range out of which another frame's doings come that its view does not show."""
    found = _range_of(moment)
    refuse_unless(not found.left, "the frame that it is told of is left within it")
    opened = flow.frames.keys() - found.frames - {allowed}
    refuse_unless(not opened, "a frame that it opens lives on after it")
    assert isinstance(moment.segment, NetSegment)
    strangers = moment.segment.strangers & found.frames & flow.frames.keys()
    refuse_unless(not strangers, "it binds names in a frame that it is not told of")


def _folds(moment: Moment) -> None:
    refuse_unless(not moment.mains, "what is folded was told before")
    moment.mains += 1


def _block(moment: Moment, claim: Claim) -> None:
    found = _range_of(moment)
    _folds(moment)
    events = moment.flow.events[found.first : found.last + 1]
    holds = all(event.kind == "line" and event.frame == found.view for event in events)
    refuse_unless(holds, "not all of it are lines of one frame")
    lines = tuple(event.span[0] if event.span else 0 for event in (events[0], events[-1]))
    told = (claim.counts["first"], claim.counts.get("last", claim.counts["first"]))
    refuse_unless(told == lines, f"it begins at line {lines[0]} and ends at line {lines[1]}")
    refuse_unless(len(found.begun) == len(events), "a statement in it is unknown")
    simple = all(not isinstance(running.statement.node, _COMPOUND) for _, running in found.begun[:-1])
    refuse_unless(simple, "a statement before its last one decides something")
    _hold_closed(moment, moment.flow)


def _iterations(moment: Moment, claim: Claim) -> None:
    found, flow = _range_of(moment), moment.flow
    _folds(moment)
    first = next((running for frame, running in found.begun if frame == found.view), None)
    refuse_unless(
        first is not None and first.step == found.first + 1 and isinstance(first.statement.node, LOOPS),
        "it does not begin at the head of a loop",
    )
    assert first is not None
    loop = first.statement
    refuse_unless(claim.counts["l"] == loop.span[0], f"the loop begins at line {loop.span[0]}")
    rounds = [running for frame, running in found.begun if frame == found.view and running.statement is loop]
    i = claim.counts["i"]
    j = claim.counts.get("j", i)
    counts = [running.count for running in rounds]
    refuse_unless(counts == list(range(i, j + 1)), f"it runs iterations {counts[0]} to {counts[-1]}")
    refuse_unless(all(flow.goes_into_body(running) for running in rounds), "not each of them is an iteration")
    following = flow.events[found.last + 1] if found.last + 1 < len(flow.events) else None
    back = following is not None and following.kind == "line" and following.frame == found.view
    refuse_unless(back and following is not None and following.span == loop.span, "the loop's head does not follow")
    running = flow.running(found.view)
    inside = running is not None and loop.holds(running.statement.span[:2])
    refuse_unless(inside, "the loop was left within it")
    _hold_closed(moment, flow)


def _brief_call(moment: Moment, claim: Claim) -> None:
    found, flow = _range_of(moment), moment.flow
    _folds(moment)
    event = flow.events[found.first]
    refuse_unless(event.kind == "call", f"it begins with a {event.kind}")
    hold_call(moment, claim, event, moment.segment.before)
    following = flow.events[found.last + 1] if found.last + 1 < len(flow.events) else None
    ends = following is not None and following.kind in ("return", "unwind") and following.frame == event.frame
    refuse_unless(ends, "that call does not end after it")
    _hold_closed(moment, flow, event.frame)


def _series(moment: Moment, claim: Claim) -> None:
    _range_of(moment)
    segment = moment.segment
    assert isinstance(segment, NetSegment)
    place = read_place(claim.code["place"])
    refuse_unless(not place.links, "a series is of a name")
    frame = segment.look_up(place.name)[0]
    values = segment.binds.get((frame, place.name), [])
    refuse_unless(len(values) > 1, "it is not bound again and again here")
    refuse_unless(not any(isinstance(value, (Ref, Opaque, Exact)) for value in values), "its values are no plain ones")
    told = read_value(claim.code["values"])
    whole = isinstance(told, Row) and told.bracket == "[" and len(told.items) == len(values)
    refuse_unless(whole, f"it is bound {len(values)} times")
    assert isinstance(told, Row)
    refuse_unless(same_row(told.items, values, segment.now), "its values are others")


def _tally(moment: Moment, claim: Claim) -> None:
    found = _range_of(moment)
    line = claim.counts["l"]
    into = [
        moment.flow.goes_into_body(running)
        for _, running in found.begun
        if isinstance(running.statement.node, ast.If) and running.statement.span[0] == line
    ]
    refuse_unless(bool(into), "no if of that line runs here")
    counts = (into.count(True), into.count(False))
    told = (claim.counts["t"], claim.counts["f"])
    refuse_unless(told == counts, f"it is true {counts[0]} times and false {counts[1]} times")


FOLDS: dict[str, Verify] = {"block": _block, "iterations": _iterations, "brief_call": _brief_call}
"""The sentences of which each range has exactly one, its first."""
WITHIN: dict[str, Verify] = {"series": _series, "tally": _tally}
"""Further sentences that only a range has."""
