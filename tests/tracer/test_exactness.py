"""Replaying the log gives what a naive look at every event saw."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.reference import differences

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.txt"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_replay_equals_the_naive_look(program: Path, tmp_path: Path) -> None:
    found, done = differences(program.read_text(), tmp_path)
    assert found == []
    assert done.report["missed"] == 0


_NAMES = st.sampled_from(["a", "b", "c"])
_STATEMENTS = st.one_of(
    st.builds("{} = [{}]".format, _NAMES, st.integers(0, 5)),
    st.builds("{} = {}".format, _NAMES, _NAMES),
    st.builds("{} = [{}, {}]".format, _NAMES, _NAMES, _NAMES),
    st.builds("{}.append({})".format, _NAMES, st.one_of(_NAMES, st.integers(0, 5).map(str))),
    st.builds("{}[0] = {}".format, _NAMES, st.one_of(_NAMES, st.integers(0, 5).map(str))),
    st.builds("{}[1:] = {}[:2]".format, _NAMES, _NAMES),
    st.builds("{}.insert(0, len({}))".format, _NAMES, _NAMES),
    st.builds("{}.pop()".format, _NAMES),
    st.builds("{} += {}[:1]".format, _NAMES, _NAMES),
    st.builds("{}[0] += 1".format, _NAMES),
    st.builds("poke({}, {})".format, _NAMES, _NAMES),
    st.builds("keep(lambda: {}.reverse())".format, _NAMES),
)
_HEAD = "def poke(x, y):\n    x.append(1)\n    y[:1] = []\ndef keep(f):\n    f()\na = [1]\nb = [a, 2]\nc = b\n"


@settings(max_examples=60, deadline=None)
@given(st.lists(_STATEMENTS, min_size=1, max_size=12))
def test_replay_equals_the_naive_look_on_made_up_programs(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    guarded = "".join(f"try:\n    {line}\nexcept Exception:\n    pass\n" for line in lines)
    found, done = differences(_HEAD + guarded, tmp_path_factory.mktemp("trace"))
    assert found == []
    assert done.report["missed"] == 0
