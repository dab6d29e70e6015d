"""The text of a value is read back exactly: what says it is accepted, what says another one is not."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.checking.value_match import decimal, same_text
from templates.checking.value_text import Unreadable
from tracer.events import Exact, Opaque, Ref, Value
from tracer.replay import HeapObject


class Heap:
    """A heap built from plain Python values."""

    def __init__(self) -> None:
        self.objects: dict[int, HeapObject] = {}

    def look(self, number: int) -> HeapObject:
        return self.objects[number]

    def put(self, kind: str, items: Any, *, name: str = "", note: str = "") -> Ref:
        number = len(self.objects)
        self.objects[number] = HeapObject(number, kind, name or kind, note, items)
        return Ref(number)

    def take(self, value: Any) -> Value:
        """The trace's value for a Python value."""
        match value:
            case list() | tuple():
                return self.put(type(value).__name__, [self.take(item) for item in value])
            case set() | frozenset():
                return self.put(type(value).__name__, dict.fromkeys([self.take(item) for item in value]))
            case dict():
                return self.put("dict", {self.take(k): self.take(v) for k, v in value.items()})
        atom: Value = value
        return atom


def text(value: Any, order: Callable[[list[str]], list[str]] = list) -> str:
    """The README's text of a value; `order` is that of sets and dicts."""
    match value:
        case list():
            return f"[{', '.join(text(v, order) for v in value)}]"
        case tuple():
            return f"({', '.join(text(v, order) for v in value)}{',' * (len(value) == 1)})"
        case dict():
            return f"{{{', '.join(order([f'{text(k, order)}: {text(v, order)}' for k, v in value.items()]))}}}"
        case set() | frozenset():
            inner = ", ".join(order([text(v, order) for v in value]))
            name = "frozenset" if isinstance(value, frozenset) else ""
            return f"{name or 'set'}()" if not inner else f"{name}({{{inner}}})" if name else f"{{{inner}}}"
    return repr(value)


ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
KEYS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.sets(KEYS, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_a_value_is_read_back_from_its_text(value: Any) -> None:
    heap = Heap()
    taken = heap.take(value)
    assert same_text(text(value), taken, heap.look)
    assert same_text(text(value, lambda parts: parts[::-1]), taken, heap.look)


@given(VALUES, VALUES)
@settings(max_examples=200, deadline=None)
def test_the_text_of_another_value_is_refused(value: Any, other: Any) -> None:
    heap = Heap()
    differ = text(value, sorted) != text(other, sorted)
    assert same_text(text(other), heap.take(value), heap.look) is not differ


@given(VALUES, st.data())
@settings(max_examples=200, deadline=None)
def test_one_more_element_is_refused(value: Any, data: Any) -> None:
    heap = Heap()
    assert not same_text(f"[{text(value)}]", heap.take([value, value]), heap.look)
    assert not same_text(f"[{text(value)}, {text(value)}]", heap.take([value]), heap.look)


@pytest.mark.parametrize(
    ("told", "value", "true"),
    [
        ("[0, 1, <6 more>, 8, 9]", list(range(10)), True),
        ("[0, 1, <5 more>, 8, 9]", list(range(10)), False),
        ("[0, 1, <6 more>, 9, 8]", list(range(10)), False),
        ("[<10 more>]", list(range(10)), True),
        ("{<2 more>}", {1, 2}, True),
        ("{2, <1 more>}", {1, 2}, True),
        ("{3, <1 more>}", {1, 2}, False),
        ("{1, 1}", {1, 2}, False),
        ("{'b': 2, <1 more>}", {"a": 1, "b": 2}, True),
        ("'ab'<4 more>'yz'", "abccccyz", True),
        ("'ab'<3 more>'yz'", "abccccyz", False),
        ("b'a'<1 more>b'c'", b"abc", True),
        ("12<3 more>67", 1234567, True),
        ("12<3 more>68", 1234567, False),
        ("-12<3 more>67", -1234567, True),
        ("1", True, False),
        ("True", 1, False),
        ("1.0", 1, False),
        ("0.1", 0.1, True),
        ("0.10", 0.1, False),
        ("nan", float("nan"), True),
        ("-inf", float("-inf"), True),
        ("(1)", (1,), False),
        ("[1, 2]", (1, 2), False),
        ('"it"', "it", True),
        ("007", 7, False),
    ],
)
def test_texts_by_hand(told: str, value: Any, true: bool) -> None:
    heap = Heap()
    try:
        assert same_text(told, heap.take(value), heap.look) is true
    except Unreadable:
        assert not true


@pytest.mark.parametrize(
    ("told", "held", "true"),
    [
        ("deque([1, 2])", ("deque", "deque", "", [1, 2]), True),
        ("deque([1, 2], maxlen=3)", ("deque", "deque", "3", [1, 2]), True),
        ("deque([1, 2])", ("deque", "deque", "3", [1, 2]), False),
        ("deque([1, 2], maxlen=4)", ("deque", "deque", "3", [1, 2]), False),
        ("bytearray(b'ab')", ("bytearray", "bytearray", "", [97, 98]), True),
        ("defaultdict(int, {'a': 1})", ("dict", "defaultdict", "int", {"a": 1}), True),
        ("defaultdict(list, {'a': 1})", ("dict", "defaultdict", "int", {"a": 1}), False),
        ("defaultdict(<lambda>, {})", ("dict", "defaultdict", "<lambda>", {}), True),
        ("Counter({'a': 2})", ("dict", "Counter", "", {"a": 2}), True),
        ("{'a': 2}", ("dict", "Counter", "", {"a": 2}), False),
        ("OrderedDict({})", ("dict", "OrderedDict", "", {}), True),
        ("Point(x=1, y=2)", ("tuple", "Point", "x y", [1, 2]), True),
        ("Point(x=1, y=3)", ("tuple", "Point", "x y", [1, 2]), False),
        ("Point(x=1, z=2)", ("tuple", "Point", "x y", [1, 2]), False),
        ("MyList([1])", ("list", "MyList", "", [1]), True),
        ("Node#0(val=1, next=None)", ("object", "Node", "", {"val": 1, "next": None}), True),
        ("Node#0(...)", ("object", "Node", "", {"val": 1}), True),
        ("Node#0()", ("object", "Node", "", {"val": 1}), False),
        ("Node#1(val=1)", ("object", "Node", "", {"val": 1}), False),
        ("Tree#0(val=1)", ("object", "Node", "", {"val": 1}), False),
        ("[1, <cycle>]", ("list", "list", "", [1, Ref(0)]), True),
        ("[<cycle>, 1]", ("list", "list", "", [1, Ref(0)]), False),
    ],
)
def test_objects_by_hand(told: str, held: tuple[str, str, str, Any], true: bool) -> None:
    heap = Heap()
    kind, name, note, items = held
    assert same_text(told, heap.put(kind, items, name=name, note=note), heap.look) is true


def test_what_is_not_looked_into_is_told_by_its_name() -> None:
    heap = Heap()
    assert same_text("<function <lambda>>", Opaque("function", "<lambda>"), heap.look)
    assert not same_text("<function g>", Opaque("function", "f"), heap.look)
    assert same_text("[range(0, 3), Color.RED]", heap.take([Exact("range", "range(0, 3)")]), heap.look) is False
    assert same_text("[range(0, 3)]", heap.take([Exact("range", "range(0, 3)")]), heap.look)


def test_an_int_of_any_size_has_all_its_digits() -> None:
    assert decimal(-(10**9000) + 1) == "-" + "9" * 9000
    assert same_text("9" * 9000, 10**9000 - 1, Heap().look)
