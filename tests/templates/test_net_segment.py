"""The net change of a range of events: what stands otherwise after it, as the frame sees it that ran before it."""

from templates.checking.net_segment import NetSegment
from templates.checking.segment import NOTHING
from tracer.events import Add, Bind, DelItem, New, Ref, SetItem, Splice, Unbind
from tracer.replay import Frame, State


def state() -> State:
    """A module with `x`, a list of three and a dict."""
    made = State()
    for change in (
        New(1, "list", "list", "", (1, 2, 3)),
        New(2, "dict", "dict", "", (("a", 1),)),
        New(3, "set", "set", "", (1,)),
        *(Bind(0, "xs", Ref(1)), Bind(0, "d", Ref(2)), Bind(0, "s", Ref(3)), Bind(0, "x", 5)),
    ):
        made.apply(change)
    return made


def settled(*changes: object, at: State | None = None) -> NetSegment:
    segment = NetSegment(at or state(), {})
    segment.absorb(changes)  # type: ignore[arg-type]
    segment.settle()
    return segment


def test_a_name_that_ends_as_it_began_has_no_net_change() -> None:
    assert settled(Bind(0, "x", 6), Bind(0, "x", 5)).names == {}


def test_a_name_keeps_its_first_old_and_its_last_new_value() -> None:
    (made,) = settled(Bind(0, "x", 6), Bind(0, "x", 7)).names.values()
    assert (made.old, made.new) == (5, 7)


def test_values_of_another_type_are_other_values() -> None:
    (made,) = settled(Bind(0, "x", 5.0)).names.values()
    assert (made.old, made.new) == (5, 5.0)


def test_a_name_that_is_gone_has_no_new_value() -> None:
    (made,) = settled(Unbind(0, "x")).names.values()
    assert made.new is NOTHING


def test_a_list_that_kept_its_length_changes_element_by_element() -> None:
    segment = settled(SetItem(1, 0, 9), SetItem(1, 2, 8), SetItem(1, 0, 1))
    assert [made.change for made in segment.objects[1]] == [SetItem(1, 2, 8)]


def test_a_list_that_grew_at_its_end_is_told_by_what_it_gained() -> None:
    segment = settled(Splice(1, 3, 0, (4,)), Splice(1, 4, 0, (5,)))
    assert [made.change for made in segment.objects[1]] == [Splice(1, 3, 0, (4, 5))]


def test_a_list_that_is_itself_again_has_no_net_change() -> None:
    assert settled(Splice(1, 3, 0, (4,)), Splice(1, 3, 1, ())).objects == {}


def test_keys_and_members_change_by_what_came_and_went() -> None:
    segment = settled(SetItem(2, "b", 2), DelItem(2, "a"), Add(3, 7))
    assert [made.change for made in segment.objects[2]] == [DelItem(2, "a"), SetItem(2, "b", 2)]
    assert [made.change for made in segment.objects[3]] == [Add(3, 7)]


def test_before_is_the_object_as_it_was() -> None:
    segment = settled(SetItem(1, 0, 9))
    assert segment.before(1).items == [1, 2, 3]
    assert segment.now(1).items == [9, 2, 3]


def test_a_frame_that_it_is_not_told_of_is_a_stranger() -> None:
    at = state()
    at.frames[1] = Frame(1, "f", 0)
    segment = settled(Bind(1, "y", 1), Bind(0, "x", 6), at=at)
    assert segment.strangers == {1}
    assert list(segment.names) == [(0, "x")]
