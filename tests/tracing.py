"""Traces a program in a child process without any sandbox, for tests of the rooms that read traces."""

import json
import os
import resource
import sys
import tempfile
from dataclasses import dataclass
from typing import Any

from schemas.job import MAX_EVENTS, MAX_TRACE_BYTES, effective_source
from templates.execution import Execution
from tracer.events import Trace
from tracer.program import run_program
from tracer.wire import decode


@dataclass(frozen=True)
class Run:
    """What one run in a child process left behind."""

    status: int
    stdout: bytes
    stderr: bytes
    report: dict[str, Any]
    log: bytes

    @property
    def trace(self) -> Trace:
        return decode(self.log)


def run(
    code: str, *, stdin: str = "", call: str | None = None, traced: bool = True, cpu_s: int = 60, **options: Any
) -> Run:
    """Runs a program in a forked child with real files on descriptors 0, 1 and 2."""
    spec = {
        "kind": "stdin" if call is None else "function",
        "code": code,
        "prelude": "",
        "setup": "",
        "call": call,
        "traced": traced,
        "probe": "full",
        "hash_seed": 0,
        "max_events": MAX_EVENTS,
        "max_trace_bytes": MAX_TRACE_BYTES,
        **options,
    }
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryFile() as reported,
    ):
        given.write(stdin.encode("utf-8", "surrogateescape"))
        given.seek(0)
        sys.stdout.flush()
        child = os.fork()
        if not child:
            status = 99
            try:
                resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
                for number, file in enumerate((given, out, err)):
                    os.dup2(file.fileno(), number)
                status = run_program(spec, reported.fileno())
            finally:
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        pieces = []
        for file in (out, err, reported):
            file.seek(0)
            pieces.append(file.read())
    stdout, stderr, report = pieces
    fields: dict[str, Any] = {}
    while report and "clean_end" not in fields:
        size = int.from_bytes(report[:4], "big")
        fields, report = json.loads(report[4 : 4 + size]), report[4 + size :]
    return Run(status, stdout, stderr, fields, report)


def trace_program(code: str, *, stdin: str = "", call: str | None = None, **options: Any) -> Execution:
    """The execution of a program that ends within the limits."""
    done = run(code, stdin=stdin, call=call, **options)
    error = done.report.get("error")
    return Execution(
        kind="stdin" if call is None else "function",
        source=effective_source(code, call),
        call=call,
        stdin=stdin,
        stdout=done.stdout.decode("utf-8", "surrogateescape"),
        value=done.report.get("value"),
        error=error["type"] if error else "",
        trace=done.trace,
    )
