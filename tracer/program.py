"""Runs one program in the process at hand, plain or under the recorder, and reports what it came to.

The process is the job's own: descriptors 0, 1 and 2 are the program's, nothing else of ours lives
in it, and it ends when this is done. The report is a 4-byte big-endian length, that many bytes of
JSON, and the trace log, with such pieces of JSON in front of it as tell of the program at once;
whoever reads it must not trust it.
"""

import atexit
import builtins
import os
import random
import sys
import threading
import traceback
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracer.audit import RECURSION_MARGIN, Watch
from tracer.instrument import instrument, instrument_call
from tracer.native import BUILT, NativeRecorder
from tracer.recorder import Recorder
from tracer.report import Report
from tracer.statements import Instrumented
from tracer.streams import ReadCounter, Streams, make_streams

FILENAME = "program.py"
_NO_SWITCH = 3600.0
"""Seconds after which a thread may be interrupted for another: longer than any program may run."""
_exit = os._exit
_PROGRAMS_BUILTINS = types.ModuleType("builtins")
"""The program's own copy, filled before the program runs: whatever it patches in there is not patched for us."""


_LOST = (
    "the recorder was gone at the end: the program removed it, or reached its recursion limit, "
    "where the recorder in Python cannot follow"
)
_NOTHING = compile("", "prelude.py", "exec", dont_inherit=True)


@dataclass
class _LaidReady:
    """What a process that forks runs has laid ready for them, as `lay_ready` says."""

    builtins: bool = False
    seed: int | None = None
    streams: Streams | None = None


_laid_ready = _LaidReady()


def lay_ready(hash_seed: int) -> None:
    """Does ahead, in a process that forks plain runs, what is the same for each of them; needs pipes on 0, 1 and 2.

    Memory that a run need not write is memory that it need not copy.
    """
    _PROGRAMS_BUILTINS.__dict__.update(builtins.__dict__)
    random.seed(hash_seed)
    _laid_ready.builtins, _laid_ready.seed = True, hash_seed
    _laid_ready.streams = make_streams(counted=False)


def _module_name(kind: str) -> str:
    return "__main__" if kind == "stdin" else "program"


def _make_module(kind: str) -> dict[str, Any]:
    module = types.ModuleType(_module_name(kind))
    sys.modules[module.__name__] = module
    if not _laid_ready.builtins:
        _PROGRAMS_BUILTINS.__dict__.update(builtins.__dict__)
    sys.modules["builtins"] = _PROGRAMS_BUILTINS
    sys.argv = [FILENAME]
    names = module.__dict__
    names.update(__file__=FILENAME, __builtins__=_PROGRAMS_BUILTINS)
    return names


def _run_end_of_interpreter() -> int:
    """What a Python process does on its way out; 120 when its output cannot be flushed."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except Exception:
        return 120
    return 0


def _line_in_program(error: BaseException) -> int:
    line = 0
    at = error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == FILENAME:
            line = at.tb_lineno
        at = at.tb_next
    return line


def _describe(error: BaseException) -> dict[str, Any]:
    try:
        message = str(error)
    except Exception:
        message = ""
    return {"type": type(error).__name__, "message": message[:2000], "line": _line_in_program(error)}


def _exit_status(error: BaseException, report: Report) -> int:
    """The status of a process that this exception ends, as the interpreter would have it."""
    if isinstance(error, SystemExit):
        code = error.code
        if code is None:
            return 0
        if isinstance(code, int):
            return code & 0xFF
        print(code, file=sys.__stderr__)
        return 1
    report.fields["error"] = _describe(error)
    skipped = error.__traceback__
    while skipped is not None and skipped.tb_frame.f_code.co_filename == __file__:
        skipped = skipped.tb_next
    try:
        traceback.print_exception(type(error), error, skipped, file=sys.__stderr__)
    except Exception:
        print(type(error).__name__, file=sys.__stderr__)
    return 1


def _execute(report: Report, body: Callable[[], object]) -> int:
    """Runs the program's body to its end, whatever the end."""
    status = 0
    try:
        body()
    except BaseException as error:
        status = _exit_status(error, report)
    return (_run_end_of_interpreter() if report.last else 0) or status


@dataclass
class Prepared:
    """A program made ready to run, once for any number of inputs.

    Attributes:
        code, prelude, setup: code objects; `code` is instrumented if the program is to be traced.
        instrumented: what the recorder needs to know of it, None for a plain run.
        error: what compiling it raised, told anew by each run; the code objects are then None.
    """

    spec: dict[str, Any]
    code: types.CodeType | None = None
    prelude: types.CodeType | None = None
    setup: types.CodeType | None = None
    instrumented: Instrumented | None = None
    error: Exception | None = None


def _is_native(spec: dict[str, Any]) -> bool:
    """Is the recorder in C wanted? It is taken where it has been built, unless `spec` says otherwise."""
    return bool(spec.get("recorder", "native" if BUILT else "python") == "native")


def prepare_program(spec: dict[str, Any]) -> Prepared:
    """Compiles a program, and instruments it if `spec` asks for a trace; never raises for a fault of the program.

    `spec` holds `kind`, `code`, `prelude`, `setup`, `traced`, `probe`, `hash_seed`, `max_events` and
    `max_trace_bytes`, and may say which `recorder` is wanted, `python` or `native`.
    """
    prepared = Prepared(spec)
    try:
        if spec["traced"]:
            prepared.instrumented = instrument(spec["code"], spec["probe"], native=_is_native(spec))
            prepared.code = compile(prepared.instrumented.tree, FILENAME, "exec", dont_inherit=True)
        else:
            prepared.code = compile(spec["code"], FILENAME, "exec", dont_inherit=True)
        # Under names that the recorder passes by.
        prepared.prelude = _compiled_aside(spec["prelude"], "prelude.py")
        prepared.setup = _compiled_aside(spec["setup"], "setup.py")
    except Exception as error:
        prepared.error = error
    return prepared


def _compiled_aside(code: str, filename: str) -> types.CodeType:
    return compile(code, filename, "exec", dont_inherit=True) if code else _NOTHING


def run_program(spec: dict[str, Any], report_fd: int) -> int:
    """Prepares a program and runs it on its `spec["call"]`, like `run_prepared`."""
    return run_prepared(prepare_program(spec), spec["call"], report_fd)


def run_prepared(prepared: Prepared, call: str | None, report_fd: int, *, rehearsal: bool = False) -> int:
    """Runs a prepared program and writes the report; gives the exit status that the process should end with.

    `call` is the call expression of a function program, else None. A traced program needs a seekable
    file on descriptor 1, so that the recorder can see what has arrived there. After a `rehearsal`, of a plain
    run, the process lives on.
    """
    report = Report(report_fd)
    report.last = not rehearsal
    report.fields.update({"token": prepared.spec["token"]} if "token" in prepared.spec else {})
    if _laid_ready.seed != prepared.spec["hash_seed"]:
        random.seed(prepared.spec["hash_seed"])
    runner = _run_traced if prepared.spec["traced"] else _run_plain
    try:
        if prepared.error is not None:
            raise prepared.error
        status = runner(prepared, call, report)
    except Exception as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        report.fields["compile_error"] = True
        report.fields["error"] = {"type": type(error).__name__, "message": str(error), "line": line or 0}
        status = 1
    report.write()
    return status


def _run_plain(prepared: Prepared, call: str | None, report: Report) -> int:
    (_laid_ready.streams or make_streams(counted=False)).open()
    code, prelude, setup = prepared.code, prepared.prelude, prepared.setup
    assert code is not None and prelude is not None and setup is not None
    expression = None if call is None else compile(call, FILENAME, "eval", dont_inherit=True)
    names = _make_module(prepared.spec["kind"])

    def body() -> None:
        exec(prelude, names)
        exec(code, names)
        exec(setup, names)
        if expression is not None:
            report.fields["value"] = repr(eval(expression, names))

    return _execute(report, body)


def _make_recorder(
    spec: dict[str, Any],
    program: Instrumented,
    names: dict[str, Any],
    stop: Callable[[str], None],
    counter: ReadCounter,
) -> Recorder | NativeRecorder:
    """The recorder of a program, which finds among its builtins what it has been instrumented with."""
    header = {
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "kind": spec["kind"],
        "probe": spec["probe"],
        "max_events": spec["max_events"],
        "max_trace_bytes": spec["max_trace_bytes"],
    }
    options = {"stop": stop, "max_events": spec["max_events"], "max_bytes": spec["max_trace_bytes"]}
    options["audit"] = spec.get("audit", False)
    if _is_native(spec):
        native = NativeRecorder(program, FILENAME, names, header, counter=counter, **options)
        _PROGRAMS_BUILTINS.__dict__.update(native.builtins())
        return native
    recorder = Recorder(program, FILENAME, names, header, read_count=lambda: counter.count, **options)
    _PROGRAMS_BUILTINS.__dict__.update(recorder.builtins())
    sys.setrecursionlimit(sys.getrecursionlimit() + RECURSION_MARGIN)
    return recorder


def _run_traced(prepared: Prepared, expression: str | None, report: Report) -> int:
    counter = make_streams(counted=True).open()
    spec, program = prepared.spec, prepared.instrumented
    code, prelude, setup = prepared.code, prepared.prelude, prepared.setup
    assert program is not None and code is not None and prelude is not None and setup is not None
    call = None
    if expression is not None:
        tree = instrument_call(program, spec["code"], expression, spec["probe"], native=_is_native(spec))
        call = compile(tree, FILENAME, "eval", dont_inherit=True)
    names = _make_module(spec["kind"])

    def stop(mark: str) -> None:
        """A cut trace is not told, so its program need not run on."""
        report.log, found = recorder.finish()
        report.fields.update(found, installed=True, watched=watch.found, detail=f"the {mark} limit was reached")
        report.write()
        _exit(0)

    recorder = _make_recorder(spec, program, names, stop, counter)
    report.fields["recorder"] = "native" if isinstance(recorder, NativeRecorder) else "python"
    watch = Watch(FILENAME, report.tell_watched)
    report.fields["detail"] = "the prelude raised an exception, so nothing of the program ran"

    def body() -> None:
        exec(prelude, names)
        report.fields["detail"] = ""
        # Threads take turns where they wait and nowhere else, so that the same run has the same order of events.
        sys.setswitchinterval(_NO_SWITCH)
        recorder.enter_module(code, final=call is None)
        recorder.install()
        watch.watch_threads()
        exec(code, names)
        if spec["setup"]:
            sys.settrace(None)
            exec(setup, names)
            recorder.skip_changes()
            recorder.resume()
        value = None
        if call is not None:
            recorder.enter_module(call, final=True)
            value = eval(call, names)
        report.fields["installed"] = recorder.remove()
        if call is not None:
            report.fields["value"] = repr(value)

    status = _execute(report, body)
    if "installed" not in report.fields:
        report.fields["installed"] = recorder.remove()
    if not report.fields["installed"] and not _is_native(spec):
        report.fields["detail"] = report.fields["detail"] or _LOST
    report.log, found = recorder.finish()
    report.fields.update(found, watched=watch.found)
    return status
