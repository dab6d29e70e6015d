"""What others offer to record values line by line, each run in this process on a program's text."""

import builtins
import io
import re
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

Recording = tuple[float, str]
"""CPU seconds of the run, and all that the side has written."""
FILENAME = "program.py"


def _execute(code: Any, around: AbstractContextManager[Any]) -> float:
    names: dict[str, Any] = {"__name__": "__main__"}
    with around:
        start = time.process_time()
        exec(code, names)
        return time.process_time() - start


class _Hooked:
    """A context in which a trace function is set."""

    def __init__(self, hook: Callable[..., Any] | None) -> None:
        self._hook = hook

    def __enter__(self) -> None:
        sys.settrace(self._hook)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)


def run_plain(code: str) -> Recording:
    return _execute(compile(code, FILENAME, "exec"), _Hooked(None)), ""


def run_idle_hook(code: str) -> Recording:
    """A trace function that does nothing: the floor of every tool built on `sys.settrace`."""

    def hook(frame: Any, event: str, arg: Any) -> Any:
        return hook

    return _execute(compile(code, FILENAME, "exec"), _Hooked(hook)), ""


def run_all_locals(code: str) -> Recording:
    """Writes out every local by `repr` at every event."""
    seen: list[dict[str, str]] = []

    def hook(frame: Any, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename != FILENAME:
            return None
        seen.append({name: repr(value) for name, value in list(frame.f_locals.items()) if name[:2] != "__"})
        return hook

    spent = _execute(compile(code, FILENAME, "exec"), _Hooked(hook))
    return spent, "\n".join(map(str, seen))


def run_pysnooper(code: str) -> Recording:
    import pysnooper

    out = io.StringIO()
    return _execute(compile(code, FILENAME, "exec"), pysnooper.snoop(out, depth=20)), out.getvalue()


def run_snoop(code: str) -> Recording:
    import snoop

    out = io.StringIO()
    config = snoop.Config(out=out, color=False)
    return _execute(compile(code, FILENAME, "exec"), config.snoop(depth=20)), out.getvalue()


def run_hunter(code: str) -> Recording:
    """Its action that reports the values of variables as they change."""
    import hunter

    out = io.StringIO()
    tracing = hunter.trace(filename=FILENAME, action=hunter.VarsSnooper(stream=out))
    return _execute(compile(code, FILENAME, "exec"), tracing), out.getvalue()


def run_viztracer(code: str) -> Recording:
    """With `log_var` on every name that the program assigns."""
    from viztracer import VizTracer
    from viztracer.code_monkey import CodeMonkey

    monkey = CodeMonkey(FILENAME)
    monkey.add_instrument("log_var", {"varnames": sorted(set(re.findall(r"[A-Za-z_]\w*", code)))})  # type: ignore[dict-item]
    compiled = monkey.compile(code, FILENAME, "exec")
    tracer = VizTracer(verbose=0, tracer_entries=3_000_000)
    names: dict[str, Any] = {"__name__": "__main__"}
    builtins.__viz_tracer__ = tracer  # type: ignore[attr-defined]
    tracer.start()
    start = time.process_time()
    exec(compiled, names)
    spent = time.process_time() - start
    tracer.stop()
    tracer.parse()
    return spent, str(tracer.data)
