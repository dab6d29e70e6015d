"""Holds sentences about changes, output and input against a segment."""

import ast
from typing import Any

from templates.checking.claims import Claim
from templates.checking.moment import Moment, Refused, Verify, refuse_unless
from templates.checking.place_text import Link, Nowhere, Place, key_of, read_place
from templates.checking.segment import NOTHING, Nothing, ObjectChange
from templates.checking.targets import is_target
from templates.checking.value_match import same, same_row, same_text
from templates.checking.value_text import Cut, Literal, Made, Row, read_value
from tracer.events import Add, DelItem, Discard, Ref, SetItem, Splice, Value
from tracer.replay import HeapObject

_ATOMS = (int, float, str, bytes, complex, type(None))


def _holder(moment: Moment, place: Place, links: tuple[Link, ...]) -> list[HeapObject]:
    """The objects that a place leads to now, and led to before the segment, where it changed any."""
    found: list[HeapObject] = []
    reason: Nowhere | None = None
    for before in (False, True):
        try:
            value = moment.segment.value_at(place, before=before, links=links)
        except Nowhere as error:
            reason = reason or error
            continue
        if type(value) is Ref and all(other.id != value.id for other in found):
            found.append(moment.segment.now(value.id))
    if not found:
        raise Refused(str(reason) if reason else "no object stands there")
    return found


def _elements(moment: Moment, place: Place) -> list[tuple[ObjectChange, Any, Any, Any]]:
    """The changes of the element at a place: change, its part (an index or None), old and new value."""
    found: list[tuple[ObjectChange, Any, Any, Any]] = []
    for holder in _holder(moment, place, place.links[:-1]):
        for made in moment.segment.objects.get(holder.id, ()):
            change = made.change
            if isinstance(change, (SetItem, DelItem)) and _is_key(moment, place.links[-1], change.key, holder):
                new = change.value if isinstance(change, SetItem) else NOTHING
                found.append((made, None, made.old, new))
            elif isinstance(change, Splice) and holder.kind != "bytearray" and change.removed == len(change.items):
                for offset, new in enumerate(change.items):
                    if _is_key(moment, place.links[-1], change.start + offset, holder):
                        found.append((made, offset, made.old[offset], new))
    return found


def _is_key(moment: Moment, link: Link, key: Value, holder: HeapObject) -> bool:
    if isinstance(link, str):
        return holder.kind == "object" and link == key
    if holder.kind in ("list", "deque", "bytearray"):
        try:
            return key_of(link, holder, moment.segment.now) == key
        except Nowhere:
            return False
    return holder.kind == "dict" and same(link[0], key, moment.segment.now)


def _tell_place(moment: Moment, place: Place, *, new_text: str | None, check_old: Any) -> None:
    """Finds the change of a name or element that a sentence tells, and marks it as told."""
    if not place.links:
        made = moment.segment.look_up(place.name)[1]
        refuse_unless(made is not None, "this segment does not bind it")
        assert made is not None
        refuse_unless(not made.told, "it was told before")
        _check_new(moment, new_text, made.new)
        check_old(made.old, made.new)
        made.told = True
        return
    candidates = _elements(moment, place)
    refuse_unless(bool(candidates), "this segment does not change it")
    reason = "it was told before"
    for change, offset, old, new in candidates:
        if change.told or offset in change.part:
            continue
        try:
            _check_new(moment, new_text, new)
            check_old(old, new)
        except Refused as error:
            reason = str(error)
            continue
        if offset is None:
            change.told = True
        else:
            change.part.add(offset)
            change.told = len(change.part) == len(change.old)
        return
    raise Refused(reason)


def _check_new(moment: Moment, text: str | None, new: Any) -> None:
    if text is None:
        refuse_unless(new is NOTHING, "it was not deleted")
    else:
        refuse_unless(not isinstance(new, Nothing), "it was deleted")
        refuse_unless(same_text(text, new, moment.segment.now), "its new value is another one")


def _becomes(moment: Moment, claim: Claim) -> None:
    def check_old(old: Any, new: Any) -> None:
        alike = type(old) is type(new) and isinstance(new, _ATOMS)
        refuse_unless(not alike, "it had a value of that kind before, which is not told")

    _tell_place(moment, read_place(claim.code["place"]), new_text=claim.code["value"], check_old=check_old)


def _change(moment: Moment, claim: Claim) -> None:
    def check_old(old: Any, new: Any) -> None:
        refuse_unless(not isinstance(old, Nothing), "it had no value before")
        refuse_unless(same_text(claim.code["old"], old, moment.segment.before), "its old value is another one")

    _tell_place(moment, read_place(claim.code["place"]), new_text=claim.code["value"], check_old=check_old)


def _stay(moment: Moment, claim: Claim) -> None:
    text = claim.code["value"]
    place = read_place(claim.code["place"])
    refuse_unless(claim.code["place"] not in moment.stayed, "it was told before")
    now, before = moment.segment.value_at(place), moment.segment.value_at(place, before=True)
    refuse_unless(same_text(text, now, moment.segment.now), "its value is another one")
    refuse_unless(same_text(text, before, moment.segment.before), "it had another value before")
    moment.stayed.add(claim.code["place"])
    if not place.links:
        made = moment.segment.look_up(place.name)[1]
        if made is not None:
            refuse_unless(not made.told, "it was told before")
            made.told = True
            return
    elif any(not made.told for made, *_ in _elements(moment, place)):
        _tell_place(moment, place, new_text=text, check_old=lambda old, new: None)
        return
    refuse_unless(_stores(moment, place), "the statement does not bind it")


def _stores(moment: Moment, place: Place) -> bool:
    """Does the running statement bind such a place?"""
    if moment.running is None:
        return False
    return any(
        isinstance(getattr(node, "ctx", None), ast.Store) and is_target(moment, node, place)
        for root in moment.running.statement.header
        for node in ast.walk(root)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript))
    )


def _deleted(moment: Moment, claim: Claim) -> None:
    _tell_place(moment, read_place(claim.code["place"]), new_text=None, check_old=lambda old, new: None)


def _splices(moment: Moment, claim: Claim) -> list[tuple[ObjectChange, Splice, HeapObject]]:
    place = read_place(claim.code["place"])
    found = [
        (made, made.change, holder)
        for holder in _holder(moment, place, place.links)
        for made in moment.segment.objects.get(holder.id, ())
        if isinstance(made.change, Splice)
    ]
    refuse_unless(bool(found), "this segment neither adds elements there nor takes any away")
    found = [each for each in found if not each[0].told]
    refuse_unless(bool(found), "it was told before")
    return found


def _put_in(change: Splice, holder: HeapObject) -> tuple[Value, ...]:
    """The elements that a splice puts in."""
    if holder.kind == "bytearray":
        return tuple(b"".join(item for item in change.items if isinstance(item, bytes)))
    return change.items


def _is_row(moment: Moment, text: str, values: tuple[Value, ...], *, before: bool = False) -> bool:
    """Is this the text of a list of these values?"""
    told = read_value(text)
    look = moment.segment.before if before else moment.segment.now
    if isinstance(told, Made) and len(told.items) == 1 and told.name in ("bytearray", "deque"):
        told = told.items[0]
    if isinstance(told, (Literal, Cut)):
        if not all(type(value) is int and 0 <= value < 256 for value in values):
            return False
        return same(told, bytes(values), look)  # type: ignore[arg-type]
    return isinstance(told, Row) and told.bracket in ("[", "(") and same_row(told.items, values, look)


def _append(moment: Moment, claim: Claim) -> None:
    reason = "nothing is appended there"
    for made, change, holder in _splices(moment, claim):
        put = _put_in(change, holder)
        done = len(made.part)
        if change.removed or change.start + len(put) != made.length or done == len(put):
            continue
        if not same_text(claim.code["value"], put[done], moment.segment.now):
            reason = "another value is appended"
            continue
        lengths = (change.start + done + 1, len(holder.items)) if done + 1 == len(put) else (change.start + done + 1,)
        if claim.counts.get("n", lengths[0]) not in lengths:
            reason = f"the length is then {lengths[0]}"
            continue
        made.part.add(done)
        made.told = len(made.part) == len(put)
        return
    raise Refused(reason)


def _append_all(moment: Moment, claim: Claim) -> None:
    reason = "nothing is appended there"
    for made, change, holder in _splices(moment, claim):
        put = _put_in(change, holder)
        if change.removed or change.start + len(put) != made.length or made.part:
            continue
        if not _is_row(moment, claim.code["value"], put):
            reason = "other values are appended"
        elif claim.counts.get("n", made.length) not in (made.length, len(holder.items)):
            reason = f"the length is then {made.length}"
        else:
            made.told = True
            return
    raise Refused(reason)


def _misplaced(claim: Claim, made: ObjectChange, change: Splice, holder: HeapObject) -> str:
    """What is wrong with the index or the length that a claim states; empty if nothing."""
    if "i" not in claim.counts:
        if change.start not in (0, made.length):
            return "it stood at neither end"
    elif claim.counts["i"] != change.start:
        return f"the index is {change.start}"
    if claim.counts.get("n", made.length) not in (made.length, len(holder.items)):
        return f"the length is then {made.length}"
    return ""


def _insert(moment: Moment, claim: Claim) -> None:
    reason = "nothing is inserted there"
    for made, change, holder in _splices(moment, claim):
        put = _put_in(change, holder)
        if change.removed or len(put) != 1:
            continue
        if not same_text(claim.code["value"], put[0], moment.segment.now):
            reason = "another value is inserted"
        elif not (reason := _misplaced(claim, made, change, holder)):
            made.told = True
            return
    raise Refused(reason)


def _pop(moment: Moment, claim: Claim) -> None:
    reason = "nothing is removed from there"
    for made, change, holder in _splices(moment, claim):
        if change.removed != 1 or change.items:
            continue
        if not same_text(claim.code["value"], made.old[0], moment.segment.before):
            reason = "another value is removed"
        elif not (reason := _misplaced(claim, made, change, holder)):
            made.told = True
            moment.popped = change.start
            return
    raise Refused(reason)


def _replace(moment: Moment, claim: Claim) -> None:
    reason = "nothing is replaced there"
    for made, change, holder in _splices(moment, claim):
        if made.part:
            continue
        if claim.counts["i"] != change.start:
            reason = f"the index is {change.start}"
        elif not _is_row(moment, claim.code["old"], made.old, before=True):
            reason = "other values give way"
        elif not _is_row(moment, claim.code["value"], _put_in(change, holder)):
            reason = "other values come in"
        else:
            made.told = True
            return
    raise Refused(reason)


def _member(moment: Moment, claim: Claim, kind: type[Add] | type[Discard], reason: str) -> None:
    place = read_place(claim.code["place"])
    for holder in _holder(moment, place, place.links):
        for made in moment.segment.objects.get(holder.id, ()):
            if isinstance(made.change, kind) and same_text(claim.code["value"], made.change.value, moment.segment.now):
                refuse_unless(not made.told, "it was told before")
                made.told = True
                return
    raise Refused(reason)


def _add(moment: Moment, claim: Claim) -> None:
    _member(moment, claim, Add, "this segment does not add it there")


def _discard(moment: Moment, claim: Claim) -> None:
    _member(moment, claim, Discard, "this segment does not remove it from there")


def _restate(moment: Moment, claim: Claim) -> None:
    segment = moment.segment
    value = segment.value_at(read_place(claim.code["place"]))
    refuse_unless(type(value) is Ref, "no object stands there")
    assert isinstance(value, Ref)
    refuse_unless(same_text(claim.code["value"], value, segment.now), "its value is another one")
    changes = segment.objects.get(value.id, [])
    whole = "more>" not in claim.code["value"] and "(...)" not in claim.code["value"]
    inside = whole and segment.objects and value.id not in segment.covered
    if inside:
        segment.cover(value.id)
    if not changes and inside and segment.covered & segment.objects.keys():
        return
    refuse_unless(bool(changes), "this segment does not change it")
    refuse_unless(any(not made.told for made in changes), "it was told before")
    for made in changes:
        made.told = True


def _put(moment: Moment, claim: Claim) -> None:
    try:
        _tell_place(moment, read_place(claim.code["place"]), new_text=claim.code["value"], check_old=_any_old)
    except Refused:
        _stay(moment, claim)


def _any_old(old: Any, new: Any) -> None:
    """Takes every old value: the sentence tells none."""


def _alias(moment: Moment, claim: Claim) -> None:
    segment = moment.segment
    one = segment.value_at(read_place(claim.code["place"]))
    other = segment.value_at(read_place(claim.code["other"]))
    refuse_unless(type(one) is Ref and one == other, "they are not one object")
    refuse_unless(claim.code["place"] != claim.code["other"], "it is one place")
    assert isinstance(one, Ref)
    kind = segment.now(one.id).type
    refuse_unless(claim.code.get("type", kind) == kind, f"it is a {kind}")


def _recap(moment: Moment, claim: Claim) -> None:
    value = moment.segment.value_at(read_place(claim.code["place"]))
    refuse_unless(same_text(claim.code["value"], value, moment.segment.now), "its value is another one")


def _idle(moment: Moment, claim: Claim) -> None:
    refuse_unless(not moment.idle, "it was told before")
    moment.idle = True


CHANGES: dict[str, Verify] = {
    "becomes": _becomes,
    "change": _change,
    "stay": _stay,
    "put": _put,
    "deleted": _deleted,
    "append": _append,
    "append_all": _append_all,
    "insert": _insert,
    "pop": _pop,
    "replace": _replace,
    "add": _add,
    "discard": _discard,
    "restate": _restate,
    "alias": _alias,
    "recap": _recap,
    "holds": _recap,
    "idle": _idle,
}
