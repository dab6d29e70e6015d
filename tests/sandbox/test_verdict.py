"""The rules from evidence to verdict."""

import dataclasses
import json
import signal
import struct

import pytest

from sandbox.jail_client import Evidence
from sandbox.verdict import Report, decide, outcome_of, read_report
from schemas.job import Job, Limits, Program
from schemas.outcome import RunError

JOB = Job(Program("stdin", ""), limits=Limits(cpu_s=2))
CALL = Job(Program("function", ""), call="f()")
CLEAN = Report(clean_end=True)
ENDED = Evidence("", "", 0, None, 0.1, 0.1, 1, 0, b"", b"", b"", "")


def verdict(report: Report = CLEAN, job: Job = JOB, **evidence) -> str:
    return decide(job, dataclasses.replace(ENDED, **evidence), report)[0]


def killed(by: int, **evidence) -> str:
    return verdict(Report(), exit_code=None, signal=by, **evidence)


def test_a_clean_end_with_status_0_is_ok():
    assert verdict() == "ok"


def test_any_other_status_is_a_runtime_error():
    assert verdict(exit_code=7) == "runtime_error"


def test_what_the_supervisor_killed_for_output_is_output_limit():
    assert killed(signal.SIGKILL, reason="output_limit") == "output_limit"


def test_what_the_supervisor_killed_for_the_clock_is_timeout():
    assert killed(signal.SIGKILL, reason="timeout") == "timeout"


def test_a_timeout_that_had_burnt_its_cpu_is_a_cpu_limit():
    assert killed(signal.SIGKILL, reason="timeout", cpu_s=2.0) == "cpu_limit"


def test_sigxcpu_is_a_cpu_limit():
    assert killed(signal.SIGXCPU, cpu_s=1.99) == "cpu_limit"


def test_a_program_that_sends_itself_sigxcpu_is_a_runtime_error():
    assert killed(signal.SIGXCPU, cpu_s=0.1) == "runtime_error"


def test_a_kill_past_the_cpu_limit_is_a_cpu_limit():
    assert killed(signal.SIGKILL, cpu_s=3.0) == "cpu_limit"


def test_a_kill_that_the_kernel_counted_as_out_of_memory_is_a_memory_limit():
    assert killed(signal.SIGKILL, oom_kills=1) == "memory_limit"


def test_a_program_that_kills_itself_is_a_runtime_error():
    assert killed(signal.SIGKILL) == "runtime_error"


def test_an_uncaught_memory_error_is_a_memory_limit():
    report = Report(clean_end=True, error=RunError("MemoryError", "", 3))
    assert verdict(report, exit_code=1) == "memory_limit"


def test_a_report_of_memory_error_from_a_run_that_ended_well_is_not_believed():
    assert verdict(Report(clean_end=True, error=RunError("MemoryError", "", 3))) == "ok"


def test_code_that_does_not_compile_is_a_compile_error():
    report = Report(clean_end=True, compile_error=True, error=RunError("SyntaxError", "", 1))
    assert verdict(report, exit_code=1) == "compile_error"


def test_a_program_that_ends_after_its_cpu_limit_is_a_cpu_limit():
    assert verdict(cpu_s=2.5) == "cpu_limit"


def test_a_job_that_was_never_set_up_is_our_fault():
    assert verdict(Report(), exit_code=1, setup_error="OSError: no") == "sandbox_error"


def test_os_exit_of_a_script_is_ok_and_says_so():
    assert decide(JOB, ENDED, Report()) == ("ok", "ended without a clean end, as os._exit does")


def test_os_exit_before_a_call_returned_is_a_runtime_error():
    assert verdict(Report(), CALL) == "runtime_error"


def test_only_a_run_that_is_ok_has_a_value():
    report = Report(clean_end=True, value="3")
    assert outcome_of(CALL, ENDED, report).value == "3"
    assert outcome_of(CALL, dataclasses.replace(ENDED, exit_code=1), report).value is None


def report_bytes(fields: object, trace: bytes = b"") -> bytes:
    body = json.dumps(fields).encode()
    return struct.pack(">I", len(body)) + body + trace


def test_a_report_is_read_with_the_trace_behind_it():
    fields = {"clean_end": True, "error": {"type": "E", "message": "m", "line": 2}, "watched": ["x"], "missed": 1}
    report = read_report(report_bytes(fields, b"log"))
    assert report == Report(
        clean_end=True, error=RunError("E", "m", 2), watched=("x",), missed=1, trace=b"log", detail=""
    )


def test_what_was_told_at_once_counts_though_the_end_says_nothing_of_it():
    told = report_bytes({"watched": "gc.get_objects"})
    assert read_report(told + report_bytes({"clean_end": True, "watched": []}, b"log")).watched == ("gc.get_objects",)
    assert read_report(told).watched == read_report(told + b"\0\0").watched == ("gc.get_objects",)


def test_a_traced_run_without_the_token_has_no_report():
    assert read_report(report_bytes({"clean_end": True, "mark": "end"}, b"log"), "secret") == Report()
    assert read_report(report_bytes({"clean_end": True, "token": "secret"}), "secret").clean_end


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0", b"\0\0\0\x09{", report_bytes([]), report_bytes({"clean_end": True, "error": {"type": 1}})],
)
def test_a_report_that_is_short_or_forged_badly_is_no_clean_end(data):
    assert read_report(data) == Report()
