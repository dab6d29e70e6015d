"""Our recorders beside the plain run, an idle trace function, and what others offer: see `tracing_peers`.

Each side runs each of five programs in processes of its own, and the least processor time of a few counts; what a
run takes whatever its length is left out. Run it as `python -m benchmarks.tracer [--repeat N] [--sizes XS,S]`.
"""

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.hidden_changes import HIDDEN_CHANGES, MARK
from benchmarks.tracing_peers import (
    Recording,
    run_all_locals,
    run_hunter,
    run_idle_hook,
    run_plain,
    run_pysnooper,
    run_snoop,
    run_viztracer,
)
from tracer.program import prepare_program, run_prepared
from tracer.wire import decode

PROGRAMS = Path(__file__).parent / "programs"
SIZES = {
    "sieve": {"XS": "350 60", "S": "6200 800"},
    "edit_distance": {"XS": "26", "S": "115"},
    "bfs": {"XS": "130", "S": "2300"},
    "queens": {"XS": "6", "S": "8"},
    "run_lengths": {"XS": "370", "S": "6300"},
}
Measured = dict[str, float]


def _spec(code: str, recorder: str, probe: str) -> dict[str, Any]:
    spec = {"kind": "stdin", "code": code, "prelude": "", "setup": "", "traced": True, "hash_seed": 0}
    return spec | {"probe": probe, "recorder": recorder, "max_events": 10**9, "max_trace_bytes": 10**9}


def _record(code: str, recorder: str, probe: str) -> tuple[float, dict[str, Any], bytes]:
    """CPU seconds, report and log of a prepared program's run."""
    prepared = prepare_program(_spec(code, recorder, probe))
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
    return spent, report, data[4 + size :]


def _time_ours(code: str, recorder: str, probe: str) -> Measured:
    spent, report, log = _record(code, recorder, probe)
    return {"seconds": spent, "events": report["events"], "bytes": len(log)}


def _ours(recorder: str, probe: str) -> Callable[[str], Measured]:
    return lambda code: _time_ours(code, recorder, probe)


def _peer(run: Callable[[str], Recording]) -> Callable[[str], Measured]:
    return lambda code: {"seconds": run(code)[0]}


PEERS: dict[str, Callable[[str], Recording]] = {
    "all locals by repr": run_all_locals,
    "PySnooper": run_pysnooper,
    "snoop": run_snoop,
    "hunter": run_hunter,
    "viztracer, log_var": run_viztracer,
}
RECORDERS = {
    f"ours, {language}, {label}": (recorder, probe)
    for language, recorder in (("Python", "python"), ("C", "native"))
    for label, probe in (("no probes", "none"), ("full probes", "full"))
}
SIDES: dict[str, Callable[[str], Measured]] = {
    "untraced": _peer(run_plain),
    "no-op settrace": _peer(run_idle_hook),
    **{name: _peer(run) for name, run in PEERS.items()},
    **{name: _ours(*how) for name, how in RECORDERS.items()},
}


def _shows(side: str, code: str) -> Measured:
    """Does the side's record of a program hold the value that it changes?"""
    if side in PEERS:
        return {"shown": float(MARK in PEERS[side](code)[1])}
    _, _, log = _record(code, *RECORDERS[side])
    return {"shown": float(MARK in str(decode(log).events))}


def run_apart(measure: Callable[[], Measured], side: str, given: str) -> Measured:
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
            os.write(writing, json.dumps(measure()).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        raise SystemExit(f"{side} gave no figure")
    return dict(json.loads(told))


def _time_fixed(code: str, recorder: str, probe: str) -> Measured:
    """CPU seconds of making a program ready, and of a run soon over, with what is analysed at first use."""
    start = time.process_time()
    prepare_program(_spec(code, recorder, probe))
    prepared = time.process_time() - start
    return {"prepare": prepared, "run": _time_ours(code, recorder, probe)["seconds"]}


def _print_fixed(repeat: int) -> dict[str, dict[str, float]]:
    """Prints what a program of 60 lines costs before and beside its events, in a child of a process that is warm."""
    code = (PROGRAMS / "sixty_lines.py").read_text()
    found = {}
    print("| 60 lines, ms | prepare | and run to its end, few events |")
    print("| --- | ---: | ---: |")
    for side, how in RECORDERS.items():
        prepare_program(_spec((PROGRAMS / "bfs.py").read_text(), *how))
        runs = [run_apart(partial(_time_fixed, code, *how), side, "3\n") for _ in range(repeat)]
        prepare = 1000 * min(run["prepare"] for run in runs)
        whole = prepare + 1000 * min(run["run"] for run in runs)
        print(f"| {side} | {prepare:.1f} | {whole:.1f} |")
        found[side] = {"prepare_ms": round(prepare, 2), "prepare_and_run_ms": round(whole, 2)}
    print()
    return found


def _mean(values: list[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def main() -> None:
    """Measures every side and prints a table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="runs of each side, of which the quickest counts")
    sizes_help = "XS: about 3,000 events a program; S: about 65,000; empty: only the cost of 60 lines"
    parser.add_argument("--sizes", default="XS,S", help=sizes_help)
    options = parser.parse_args()
    found: dict[str, dict[str, dict[str, float]]] = {}
    wanted = [size for size in options.sizes.split(",") if size]
    for size in wanted:
        speeds: dict[str, list[float]] = {}
        slowdowns: dict[str, list[float]] = {}
        sizes: dict[str, list[float]] = {}
        for name, given in SIZES.items():
            code = (PROGRAMS / f"{name}.py").read_text()
            runs = {side: _least(side, code, given[size] + "\n", options.repeat) for side in SIDES}
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
    found["fixed"] = _print_fixed(options.repeat)
    if wanted:
        found["shown"] = _print_shown()
    print(json.dumps(found))


def _least(side: str, code: str, given: str, repeat: int) -> Measured:
    """The quickest of a few runs, without what a run takes whatever its length."""
    measure = SIDES[side]
    runs = [run_apart(partial(measure, code), side, given) for _ in range(_runs(side, repeat))]
    least = min(runs, key=lambda run: run["seconds"])
    if side not in RECORDERS:
        return least
    # The same program, left at once.
    empty = [run_apart(partial(measure, f"raise SystemExit\n{code}"), side, given) for _ in range(repeat)]
    return {**least, "seconds": least["seconds"] - min(run["seconds"] for run in empty)}


def _runs(side: str, repeat: int) -> int:
    """Peers take up to minutes, and are far enough off for one run to tell."""
    return 1 if side in PEERS else repeat


def _print_shown() -> dict[str, dict[str, float]]:
    """Prints which sides show which hidden change."""
    sides = [*PEERS, *RECORDERS]
    shown = {
        change: {side: run_apart(partial(_shows, side, code), side, "")["shown"] for side in sides}
        for change, code in HIDDEN_CHANGES.items()
    }
    print(f"| shows a change of | {' | '.join(sides)} |")
    print(f"| --- | {' | '.join('---' for _ in sides)} |")
    for change, by_side in shown.items():
        print(f"| {change} | {' | '.join('yes' if by_side[side] else 'no' for side in sides)} |")
    return {side: {"of_6": sum(row[side] for row in shown.values())} for side in sides}


if __name__ == "__main__":
    main()
