"""Our recorders beside the plain run, an idle trace function, one that writes out all locals, and PySnooper.

Each side runs each of five programs in processes of its own, and the least processor time of a few counts; preparing
the program is left out. Run it as `python -m benchmarks.tracer [--repeat N] [--sizes XS,S]`.
"""

import argparse
import io
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tracer.program import prepare_program, run_prepared

PROGRAMS = Path(__file__).parent / "programs"
SIZES = {
    "sieve": {"XS": "350 60", "S": "6200 800"},
    "edit_distance": {"XS": "26", "S": "115"},
    "bfs": {"XS": "130", "S": "2300"},
    "queens": {"XS": "6", "S": "8"},
    "run_lengths": {"XS": "370", "S": "6300"},
}
Measured = dict[str, float]


def _time_plain(code: str, hook: Callable[[], None]) -> Measured:
    names: dict[str, Any] = {"__name__": "__main__"}
    compiled = compile(code, "program.py", "exec")
    hook()
    start = time.process_time()
    exec(compiled, names)
    spent = time.process_time() - start
    sys.settrace(None)
    return {"seconds": spent}


def _do_nothing() -> None:
    def hook(frame: Any, event: str, arg: Any) -> Any:
        return hook

    sys.settrace(hook)


def _write_all_locals() -> None:
    seen: list[dict[str, str]] = []

    def hook(frame: Any, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename != "program.py":
            return None
        seen.append({name: repr(value) for name, value in list(frame.f_locals.items()) if name[:2] != "__"})
        return hook

    sys.settrace(hook)


def _time_pysnooper(code: str) -> Measured:
    import pysnooper

    names: dict[str, Any] = {"__name__": "__main__"}
    compiled = compile(code, "program.py", "exec")
    with pysnooper.snoop(io.StringIO(), depth=20):
        start = time.process_time()
        exec(compiled, names)
        spent = time.process_time() - start
    return {"seconds": spent}


def _time_ours(code: str, recorder: str, probe: str) -> Measured:
    spec = {"kind": "stdin", "code": code, "prelude": "", "setup": "", "traced": True, "hash_seed": 0}
    spec |= {"probe": probe, "recorder": recorder, "max_events": 10**9, "max_trace_bytes": 10**9}
    prepared = prepare_program(spec)
    with tempfile.TemporaryFile() as file:
        start = time.process_time()
        run_prepared(prepared, None, file.fileno())
        spent = time.process_time() - start
        file.seek(0)
        data = file.read()
    size = int.from_bytes(data[:4], "big")
    report = json.loads(data[4 : 4 + size])
    if report["recorder"] != recorder or report["missed"] or report["mark"] != "end":
        raise SystemExit(f"the {recorder} recorder did not record: {report}")
    return {"seconds": spent, "events": report["events"], "bytes": len(data) - size - 4}


SIDES: dict[str, Callable[[str], Measured]] = {
    "untraced": lambda code: _time_plain(code, lambda: None),
    "no-op settrace": lambda code: _time_plain(code, _do_nothing),
    "all locals by repr": lambda code: _time_plain(code, _write_all_locals),
    "PySnooper": _time_pysnooper,
    "ours, Python, no probes": lambda code: _time_ours(code, "python", "none"),
    "ours, Python, full probes": lambda code: _time_ours(code, "python", "full"),
    "ours, C, no probes": lambda code: _time_ours(code, "native", "none"),
    "ours, C, full probes": lambda code: _time_ours(code, "native", "full"),
}
SLOW = ("all locals by repr", "PySnooper")
"""Too slow for the larger size, where they take minutes."""


def _measure(side: str, code: str, given: str) -> Measured:
    """One run in a process of its own, with real files on descriptors 0 and 1."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout:
            stdin.write(given.encode())
            stdin.seek(0)
            os.dup2(stdin.fileno(), 0)
            os.dup2(stdout.fileno(), 1)
            sys.stdin = os.fdopen(0, closefd=False)
            os.write(writing, json.dumps(SIDES[side](code)).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        raise SystemExit(f"{side} gave no figure")
    return dict(json.loads(told))


def _mean(values: list[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def main() -> None:
    """Measures every side and prints a table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="runs of each side, of which the quickest counts")
    parser.add_argument("--sizes", default="XS,S", help="XS: about 3,000 events a program; S: about 65,000")
    options = parser.parse_args()
    found: dict[str, dict[str, dict[str, float]]] = {}
    for size in options.sizes.split(","):
        speeds: dict[str, list[float]] = {}
        slowdowns: dict[str, list[float]] = {}
        sizes: dict[str, list[float]] = {}
        for name, given in SIZES.items():
            code = (PROGRAMS / f"{name}.py").read_text()
            sides = [side for side in SIDES if size == "XS" or side not in SLOW]
            runs = {
                side: min((_measure(side, code, given[size] + "\n") for _ in range(options.repeat)), key=_seconds)
                for side in sides
            }
            events = runs["ours, C, no probes"]["events"]
            for side, run in runs.items():
                speeds.setdefault(side, []).append(events / run["seconds"])
                slowdowns.setdefault(side, []).append(run["seconds"] / runs["untraced"]["seconds"])
                sizes.setdefault(side, []).append(run.get("bytes", 0) / events)
        print(f"{size}: geometric means over {len(SIZES)} programs, load {os.getloadavg()[0]:.1f}")
        print("| side | events/s | slowest program | times untraced | times no-op | log bytes an event |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        idle = _mean(speeds["no-op settrace"])
        for side, values in speeds.items():
            mean, slowdown, log = _mean(values), _mean(slowdowns[side]), sum(sizes[side]) / len(sizes[side])
            print(f"| {side} | {mean:,.0f} | {min(values):,.0f} | {slowdown:.1f} | {idle / mean:.2f} | {log:.1f} |")
            found.setdefault(size, {})[side] = {"events_per_s": round(mean), "times_untraced": round(slowdown, 2)}
        print()
    print(json.dumps(found))


def _seconds(run: Measured) -> float:
    return run["seconds"]


if __name__ == "__main__":
    main()
