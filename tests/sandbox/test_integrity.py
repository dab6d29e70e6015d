"""When a trace is believed."""

import dataclasses

import pytest

from sandbox.integrity import difference, judge_trace
from sandbox.verdict import Report
from schemas.outcome import Outcome, RunError

RUN = Outcome("ok", 0, None, b"abc", b"", None, None, 0.0, 0.0, 0)
WHOLE = Report(clean_end=True, mark="end", installed=True, trace=b"log")


def integrity(report: Report = WHOLE, traced: Outcome = RUN) -> str:
    return judge_trace(RUN, traced, report)[0]


def test_a_whole_log_of_a_run_that_agrees_is_complete():
    assert judge_trace(RUN, RUN, WHOLE) == ("complete", "")


@pytest.mark.parametrize("mark", ["events", "bytes"])
def test_a_log_that_reached_a_limit_is_truncated_though_its_output_is_only_a_prefix(mark):
    report = dataclasses.replace(WHOLE, mark=mark, installed=False)
    assert integrity(report, dataclasses.replace(RUN, stdout=b"ab")) == "truncated"


def test_a_truncated_log_whose_output_is_no_prefix_is_lost():
    assert integrity(dataclasses.replace(WHOLE, mark="events"), dataclasses.replace(RUN, stdout=b"x")) == "lost"


def test_a_watched_event_of_the_programs_own_is_tampering():
    assert integrity(dataclasses.replace(WHOLE, watched=("sys.settrace",))) == "tampered"


@pytest.mark.parametrize(
    "report",
    [
        Report(),
        dataclasses.replace(WHOLE, installed=False),
        dataclasses.replace(WHOLE, missed=1),
        dataclasses.replace(WHOLE, mark=""),
        dataclasses.replace(WHOLE, trace=b""),
    ],
)
def test_a_log_with_anything_amiss_is_lost(report):
    assert integrity(report) == "lost"


@pytest.mark.parametrize(
    "change",
    [
        {"stdout": b"abd"},
        {"exit_code": 1},
        {"exit_code": None, "signal": 9},
        {"value": "1"},
        {"error": RunError("KeyError", "", 1)},
    ],
)
def test_a_traced_run_that_ended_otherwise_is_lost(change):
    assert integrity(WHOLE, dataclasses.replace(RUN, **change)) == "lost"


def test_two_errors_of_one_type_are_the_same_end():
    first = dataclasses.replace(RUN, error=RunError("E", "<object at 0x1>", 1))
    assert difference(first, dataclasses.replace(RUN, error=RunError("E", "<object at 0x2>", 1))) == ""
