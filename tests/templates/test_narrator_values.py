"""The text of values: exact where short, cut and marked where long."""

import ast
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from templates.values import BUDGET, Heap, digits, literal_text, value_text
from tests.tracing import trace_program
from tracer.events import Exact, Opaque, Ref, Value
from tracer.replay import HeapObject, State


def shown(code: str, name: str = "x") -> str:
    """The text of a name's value at the end of a program."""
    trace, state = trace_program(code).trace, State()
    for event in trace.events:
        state.step(event)
    return value_text(state.frames[0].names[name], state.heap)


def build(value: Any, heap: Heap) -> Value:
    """A Python value on a heap."""
    kinds: dict[type, str] = {list: "list", tuple: "tuple", dict: "dict", set: "set"}
    if type(value) not in kinds:
        return value  # type: ignore[no-any-return]
    items: Any = [build(item, heap) for item in value]
    if type(value) is dict:
        items = {build(key, heap): build(item, heap) for key, item in value.items()}
    elif type(value) is set:
        items = dict.fromkeys(items)
    number = len(heap)
    heap[number] = HeapObject(number, kinds[type(value)], kinds[type(value)], "", items)
    return Ref(number)


def test_standard_containers_look_as_in_the_table() -> None:
    assert shown("x = [1, 2.0, 'a', b'b', None, True, 1j]\n") == "[1, 2.0, 'a', b'b', None, True, 1j]"
    assert shown("x = [(1,), (), {'a': 1}, {2}, set(), frozenset(), frozenset({1}), bytearray(b'ab')]\n") == (
        "[(1,), (), {'a': 1}, {2}, set(), frozenset(), frozenset({1}), bytearray(b'ab')]"
    )


def test_collections_say_their_name_and_what_makes_them_special() -> None:
    code = "from collections import *\nx = [deque([1]), deque([1], 3), defaultdict(list, {'a': [1]}), Counter('aa'),"
    code += " OrderedDict(a=1), namedtuple('Point', 'x y')(1, 2)]\n"
    assert shown(code) == (
        "[deque([1]), deque([1], maxlen=3), defaultdict(list, {'a': [1]}), Counter({'a': 2}),"
        " OrderedDict({'a': 1}), Point(x=1, y=2)]"
    )


def test_subclasses_wrap_the_plain_value() -> None:
    assert shown("class L(list): pass\nclass D(dict): pass\nx = [L([1]), D(a=1)]\n") == "[L([1]), D({'a': 1})]"


def test_values_that_are_not_looked_into_are_named() -> None:
    heap: Heap = {}
    assert value_text(Opaque("function", "f"), heap) == "<function f>"
    assert value_text(Exact("Fraction", "Fraction(1, 2)"), heap) == "Fraction(1, 2)"
    assert [value_text(value, heap) for value in (..., float("nan"), float("-inf"))] == ["Ellipsis", "nan", "-inf"]


def test_a_container_inside_itself_is_a_cycle() -> None:
    assert shown("x = [1]\nx.append(x)\n") == "[1, <cycle>]"


def test_an_instance_says_its_number_and_attributes() -> None:
    assert shown("class N:\n    pass\nx = N()\nx.a = [1]\ny = 0\n") == "N#0(a=[1])"


def test_a_long_list_keeps_its_head_and_tail_and_counts_the_rest() -> None:
    text = shown("x = [*range(500)]\n")
    head, rest = text.split("<")
    left, tail = rest.split(" more>")
    kept = ast.literal_eval(f"[{head[1:]}]"), ast.literal_eval(f"[{tail.lstrip(', ')}")
    assert kept[0] == [*range(len(kept[0]))]
    assert kept[1] == [*range(500 - len(kept[1]), 500)]
    assert int(left) == 500 - len(kept[0]) - len(kept[1])


def test_a_long_str_and_a_huge_int_say_how_much_is_left_out() -> None:
    heap: Heap = {}
    assert value_text("ab" * 500, heap) == f"{'ab' * 60!r}<{1000 - 170} more>{'ab' * 25!r}"
    assert value_text(10**9999, heap) == f"1{'0' * 119}<{10_000 - 170} more>{'0' * 50}"


def test_an_int_of_any_size_has_all_its_digits() -> None:
    number = 7**30_000
    text = digits(-number)
    value = 0
    for at in range(1, len(text), 1000):
        piece = text[at : at + 1000]
        value = value * 10 ** len(piece) + int(piece)
    assert value == number


def test_a_deep_nest_ends_in_a_count() -> None:
    assert "<1 more>" in shown("x = []\nfor i in range(3000):\n    x = [x]\n")


def test_a_formula_shows_only_short_literals() -> None:
    heap: Heap = {}
    assert literal_text(build([1, (2,)], heap), heap, set()) == "[1, (2,)]"
    assert literal_text(build(list(range(99)), heap), heap, set()) is None
    assert literal_text(float("inf"), heap, set()) is None
    inner = build([1], heap)
    assert isinstance(inner, Ref)
    assert literal_text(inner, heap, {inner.id}) is None


atoms = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
nested = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.sets(st.integers())
    ),
)


@given(nested)
def test_a_text_without_a_cut_is_the_value(value: Any) -> None:
    heap: Heap = {}
    text = value_text(build(value, heap), heap)
    if " more>" not in text and "set()" not in text:
        assert ast.literal_eval(text) == value


@given(nested)
def test_a_text_stays_near_its_budget(value: Any) -> None:
    heap: Heap = {}
    assert len(value_text(build(value, heap), heap)) < 3 * BUDGET
