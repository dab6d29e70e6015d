"""What a segment visibly does, in words, for the sentence that says nothing does or the step that leaves it out."""

from typing import Any

from templates.checking.moment import Moment
from templates.checking.segment import NOTHING, NameChange, ObjectChange
from tracer.events import Add, DelItem, Discard, Exact, Opaque, Ref, SetItem, Splice


def effect(moment: Moment) -> str:
    """What the segment visibly does, in words; empty if nothing."""
    segment = moment.segment
    if segment.printed:
        return "something is printed"
    for made in segment.names.values():
        if segment.must_tell(made):
            return f"`{made.name}` is bound" if made.new is not NOTHING else f"`{made.name}` is deleted"
    if segment.objects and segment.reached(segment.objects):
        return "an object changes"
    return ""


def untold_text(moment: Moment, made: NameChange | ObjectChange) -> str:
    """What a change did, for the one who forgot to tell it."""
    if isinstance(made, NameChange):
        return f"`{made.name}` is {'deleted' if made.new is NOTHING else f'bound to {_short(moment, made.new)}'}"
    change: Any = made.change
    held = moment.segment.now(change.id)
    what = f"the {held.type} with id {change.id}"
    match change:
        case SetItem(key=key, value=value):
            return f"{what} gets {_short(moment, value)} at {_short(moment, key)}"
        case DelItem(key=key):
            return f"{what} loses {_short(moment, key)}"
        case Splice(start=start, removed=removed, items=items):
            return f"{what} from index {start} on loses {removed} and gains {len(items)} elements"
        case Add(value=value):
            return f"{what} gains {_short(moment, value)}"
        case Discard(value=value):
            return f"{what} loses {_short(moment, value)}"
    return f"{what} is filled anew"


def _short(moment: Moment, value: Any) -> str:
    if isinstance(value, Ref):
        held = moment.segment.now(value.id)
        return f"a {held.type}"
    if isinstance(value, (Opaque, Exact)):
        return value.name if isinstance(value, Opaque) else value.text
    text = repr(value) if not isinstance(value, int) or value.bit_length() < 300 else "a long int"
    return text if len(text) <= 60 else text[:50] + "..."
