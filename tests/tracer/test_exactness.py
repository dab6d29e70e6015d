"""Replaying the log gives what a naive look at every event saw; NLEX_EXAMPLES says on how many made-up programs."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.made_up import made_up_programs
from tests.tracer.reference import differences

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.txt"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_replay_equals_the_naive_look(program: Path, tmp_path: Path) -> None:
    found, done = differences(program.read_text(), tmp_path)
    assert found == []
    assert done.report["missed"] == 0


@settings(max_examples=int(os.environ.get("NLEX_EXAMPLES", "60")), deadline=None)
@given(made_up_programs, st.sampled_from(["none", "full"]))
def test_replay_equals_the_naive_look_on_made_up_programs(
    tmp_path_factory: pytest.TempPathFactory, code: str, probe: str
) -> None:
    found, done = differences(code, tmp_path_factory.mktemp("trace"), probe=probe)
    assert found == []
    assert done.report["missed"] == 0
