"""What each part of the recorder in Python adds to an event, without probes, on the programs of `benchmarks.tracer`.

They run at size S. Each row has the parts of the rows before it and one more. The least processor time of a few runs in
processes of their own counts. Run it as `python -m benchmarks.tracer_bounds [--repeat N]`.
"""

import argparse
import builtins
import json
import math
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.tracer import PROGRAMS, SIDES, SIZES, Measured, run_apart
from tracer.forms import APPEND, BUFFER
from tracer.instrument import instrument

_KEPT = 8
"""So many notes are kept where nobody reads them."""


def _run_instrumented(code: str, hook: Callable[..., Any] | None) -> float:
    """CPU seconds of the program as it is instrumented for the recorder in Python."""
    compiled = compile(instrument(code, "none").tree, "program.py", "exec")
    notes: deque[Any] = deque(maxlen=_KEPT)
    vars(builtins).update({APPEND: notes.append, BUFFER: notes})
    sys.settrace(hook)
    start = time.process_time()
    exec(compiled, {"__name__": "__main__"})
    spent = time.process_time() - start
    sys.settrace(None)
    return spent


def _time_notes(code: str) -> Measured:
    return {"seconds": _run_instrumented(code, None)}


def _time_notes_and_idle_hook(code: str) -> Measured:
    def hook(frame: Any, event: str, arg: Any) -> Any:
        return hook

    return {"seconds": _run_instrumented(code, hook)}


def _time_notes_and_lines(code: str) -> Measured:
    """The hook finds the frame and the statement, takes the notes away and adds one record to the log."""
    notes: deque[Any] | None = None
    frames: dict[int, Any] = {}
    lines = {line: bytes([line & 0x7F]) for line in range(10_000)}
    out = bytearray()

    def hook(frame: Any, event: str, arg: Any) -> Any:
        nonlocal notes, out
        if event == "line":
            frames.get(object.__hash__(frame))
            record = lines.get(frame.f_lineno)
            if notes is None:
                notes = getattr(builtins, BUFFER)
            while notes:
                notes.popleft()
            if record is not None:
                out += record
        return hook

    return {"seconds": _run_instrumented(code, hook)}


PARTS: dict[str, Callable[[str], Measured]] = {
    "the program alone": SIDES["untraced"],
    "and its notes, which nobody reads": _time_notes,
    "and a trace function that only returns itself": _time_notes_and_idle_hook,
    "and finds frame and statement, drops the notes, writes a byte": _time_notes_and_lines,
    "all that the recorder does": SIDES["ours, Python, no probes"],
}


def main() -> None:
    """Prints a table of nanoseconds an event, and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="runs of each, of which the quickest counts")
    repeat = parser.parse_args().repeat
    events: dict[str, float] = {}
    found: dict[str, dict[str, float]] = {}
    for part, measure in reversed(PARTS.items()):
        for name, given in SIZES.items():
            code = (PROGRAMS / f"{name}.py").read_text()
            runs = [run_apart(partial(measure, code), part, given["S"] + "\n") for _ in range(repeat)]
            least = min(runs, key=lambda run: run["seconds"])
            events.setdefault(name, least.get("events", 0.0))
            found.setdefault(part, {})[name] = least["seconds"] / events[name] * 1e9
    print(f"load {os.getloadavg()[0]:.1f}; nanoseconds an event")
    print(f"| part | {' | '.join(SIZES)} | geometric mean |")
    print(f"| --- | {' | '.join('---:' for _ in SIZES)} | ---: |")
    for part in PARTS:
        row = [found[part][name] for name in SIZES]
        mean = math.exp(sum(map(math.log, row)) / len(row))
        print(f"| {part} | {' | '.join(f'{value:,.0f}' for value in row)} | {mean:,.0f} |")
    print(json.dumps({part: {name: round(value) for name, value in row.items()} for part, row in found.items()}))


if __name__ == "__main__":
    main()
