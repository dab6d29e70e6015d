"""What the levels promise: ranges that are true, that leave no event out, and that fit a budget of tokens."""

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.tokens import token_counter
from schemas.narration import Narration
from templates.checker import check
from templates.execution import Execution
from templates.levels.regions import Fold, is_closed, read_regions
from templates.levels.tell import narrate_within
from templates.narrator import NarrationError
from templates.program_model import read_program
from tests.templates.level_programs import PROGRAMS
from tests.tracing import trace_program

STYLES = ("steps", "blocks", "story", "state")
_HEADING = re.compile(r"(\d+)(?:-(\d+))?\. ")
count = token_counter()


@cache
def execution_of(name: str) -> Execution:
    code, stdin, call = PROGRAMS[name]
    return trace_program(code, stdin=stdin, call=call)


def tell(execution: Execution, style: str, max_tokens: int | None = None) -> Narration:
    return narrate_within(execution, style=style, max_tokens=max_tokens, count=count)


def size(narration: Narration) -> int:
    return count(narration.prompt) + count(f"{narration.explanation}\n{narration.answer}")


def told_events(narration: Narration) -> list[int]:
    """The events that the headings name, in order."""
    found: list[int] = []
    for line in narration.explanation.split("\n"):
        if heading := _HEADING.match(line):
            found += range(int(heading[1]), int(heading[2] or heading[1]) + 1)
    return found


def problems(execution: Execution, narration: Narration) -> object:
    return check(execution, narration.explanation, narration.answer, style=narration.style).problems


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_style_is_borne_out_by_the_checker(name: str, style: str) -> None:
    execution = execution_of(name)
    assert problems(execution, tell(execution, style)) == ()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_event_is_told_once_and_in_order(name: str, style: str) -> None:
    execution = execution_of(name)
    assert told_events(tell(execution, style)) == list(range(1, len(execution.trace.events) + 1))


@pytest.mark.parametrize("name", PROGRAMS)
def test_steps_and_folded_events_are_counted(name: str) -> None:
    narration = tell(execution_of(name), "story")
    headings = [match for line in narration.explanation.split("\n") if (match := _HEADING.match(line))]
    ranges = [(int(match[1]), int(match[2])) for match in headings if match[2]]
    assert narration.steps == len(headings)
    assert narration.folded == sum(end - start + 1 for start, end in ranges)


def test_a_story_tells_the_first_two_iterations_and_the_last_in_full() -> None:
    narration = tell(execution_of("a loop over a list"), "story")
    folded = [line for line in narration.explanation.split("\n") if re.match(r"\d+-\d+\. ", line)]
    assert len(folded) == 1
    assert re.match(r"8-24\. ", folded[0])
    assert all(number in folded[0].split(".")[1] for number in ("3", "7", "2"))


def test_a_folded_middle_gives_the_values_at_its_end_and_all_it_printed() -> None:
    narration = tell(execution_of("a loop over a list"), "story")
    folded = next(line for line in narration.explanation.split("\n") if re.match(r"\d+-\d+\. ", line))
    assert re.search(r"`total`[^.]*`25`|`25`[^.]*`total`", folded)
    assert "`'5\\n9\\n'`" in folded


def test_a_scratchpad_says_what_changes_and_how_conditions_come_out() -> None:
    execution = trace_program("a = 3\nif a > 2:\n    a = [a]\nfor x in a:\n    print(x)\n")
    assert tell(execution, "state").explanation.split("\n")[1:-1] == [
        "",
        "1. Line 1: `a` = `3`.",
        "2. Line 2: True.",
        "3. Line 3: `a` = `[3]`.",
        "4. Line 4: Iteration 1. `x` = `3`.",
        "5. Line 5: Print `'3\\n'`.",
        "6. Line 4: Done after 1.",
        "7. The program ends.",
        "",
    ]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["loops in loops", "recursion", "a queue and a set", "input line by line"])
def test_a_budget_is_kept_and_what_was_folded_for_it_is_true(name: str, style: str) -> None:
    execution = execution_of(name)
    whole = size(tell(execution, style))
    for share in (0.9, 0.6, 0.4):
        budget = int(whole * share)
        try:
            narration = tell(execution, style, budget)
        except NarrationError as error:
            assert error.reason == "over_budget"
            continue
        assert size(narration) <= budget
        assert problems(execution, narration) == ()
        assert told_events(narration) == list(range(1, len(execution.trace.events) + 1))


def test_a_budget_that_everything_fits_changes_nothing() -> None:
    execution = execution_of("recursion")
    whole = tell(execution, "steps")
    assert tell(execution, "steps", size(whole)) == whole


def test_a_smaller_budget_folds_more() -> None:
    execution = execution_of("loops in loops")
    whole = size(tell(execution, "steps"))
    folded = [tell(execution, "steps", int(whole * share)).folded for share in (1.0, 0.7, 0.3)]
    assert folded == sorted(folded)
    assert folded[-1] > folded[0]


@pytest.mark.parametrize("style", STYLES)
def test_ints_of_any_size_are_told(style: str) -> None:
    execution = trace_program(
        "x = 3\nfor i in range(9):\n    y = 7 ** (3000 * i)\n    x = x * y + i\nprint(x % 1000)\n"
    )
    assert problems(execution, tell(execution, style)) == ()


def test_what_fits_no_level_is_over_budget() -> None:
    with pytest.raises(NarrationError) as caught:
        tell(execution_of("recursion"), "steps", 10)
    assert caught.value.reason == "over_budget"


def test_inner_loops_are_folded_before_the_loops_around_them() -> None:
    execution = execution_of("loops in loops")
    whole = size(tell(execution, "steps"))
    narration = tell(execution, "steps", int(whole * 0.75))
    folded = [line for line in narration.explanation.split("\n") if re.match(r"\d+-\d+\. ", line)]
    assert folded
    assert all("loop at line 4" in line and "loop at line 3" not in line for line in folded)


def test_no_range_leaves_a_generator_open() -> None:
    execution = execution_of("a generator in a loop")
    for line in tell(execution, "story").explanation.split("\n"):
        assert not re.match(r"\d+-\d+\. Iterations", line)


def test_a_range_that_binds_names_of_a_third_frame_is_not_closed() -> None:
    code = """\
def outer():
    n = 0
    def add():
        nonlocal n
        n += 1
        n += 2
    def twice():
        add()
        add()
    twice()
    return n
"""
    execution = trace_program(code, call="outer()")
    trace = execution.trace
    regions = read_regions(trace, read_program(execution.source))
    inner = next(call for call in regions.calls if call.name.endswith("add"))
    assert not is_closed(trace, regions, inner.fold())
    twice = next(call for call in regions.calls if call.name.endswith("twice"))
    assert is_closed(trace, regions, twice.fold())


def test_an_empty_range_is_closed_only_without_yields() -> None:
    execution = execution_of("a generator in a loop")
    regions = read_regions(execution.trace, read_program(execution.source))
    events = execution.trace.events
    first = next(number for number, event in enumerate(events) if event.kind == "yield")
    assert not is_closed(execution.trace, regions, Fold("iterations", first - 1, first + 1, events[first].frame))


@pytest.mark.parametrize("style", STYLES)
def test_the_same_arguments_give_the_same_text(style: str) -> None:
    execution = execution_of("objects and shared lists")
    assert tell(execution, style) == tell(execution, style)


_NAMES = st.sampled_from("abc")
_TERMS = st.one_of(st.integers(0, 9).map(str), _NAMES)
_SIMPLE = st.one_of(
    st.builds("{} = {} + {}".format, _NAMES, _TERMS, _TERMS),
    st.builds("xs[{} % 4] = {}".format, _TERMS, _TERMS),
    st.builds("xs.append({})\nys.add({} % 3)".format, _TERMS, _TERMS),
    st.builds("d[{} % 5] = f({})".format, _TERMS, _TERMS),
    st.builds("print({}, {})".format, _TERMS, _TERMS),
    st.just("xs.pop()\nxs.insert(0, a % 7)"),
)


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.split("\n"))


@st.composite
def _bodies(draw: st.DrawFn, depth: int = 2) -> str:
    """A few statements, with loops and branches within each other up to a depth."""
    pieces = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(("simple", "loop", "branch") if depth else ("simple",)))
        if kind == "simple":
            pieces.append(draw(_SIMPLE))
            continue
        inner = _indented(draw(_bodies(depth - 1)))
        head = (
            f"for {draw(_NAMES)} in range({draw(st.integers(0, 6))}):" if kind == "loop" else f"if {draw(_TERMS)} % 2:"
        )
        pieces.append(f"{head}\n{inner}")
    return "\n".join(pieces)


@settings(max_examples=25, deadline=None)
@given(_bodies(), st.integers(150, 900))
def test_any_program_is_told_truly_at_every_level(body: str, budget: int) -> None:
    code = (
        "a, b, c = 1, 2, 3\nxs, ys, d = [0, 1, 2, 3], set(), {}\n"
        f"def f(n):\n    total = 0\n    for i in range(n % 6):\n        total += i\n    return total\n{body}\n"
    )
    execution = trace_program(code)
    for style in STYLES:
        narration = tell(execution, style)
        assert problems(execution, narration) == ()
        try:
            short = tell(execution, style, budget)
        except NarrationError:
            continue
        assert problems(execution, short) == ()
        assert size(short) <= budget
