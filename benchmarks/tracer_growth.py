"""What an event costs as the containers that a program holds and changes grow twenty times.

Each operation is done a few thousand times on containers of 1,000 and of 20,000 elements, in processes of their own;
the least processor time of a few runs counts. Run it as `python -m benchmarks.tracer_growth [--repeat N]`.
"""

import argparse
import json
import os
from functools import partial

from benchmarks.tracer import RECORDERS, SIDES, run_apart

SIZES = (1_000, 20_000)
_LOOP = "{before}\nfor i in range(3000):\n    {operation}\n"
OPERATIONS = {
    "set an element": ("xs = list(range({n}))", "xs[i * 7 % {n}] = i"),
    "add to an element": ("xs = [0] * {n}", "xs[i * 7 % {n}] += i"),
    "append and pop": ("xs = list(range({n}))", "xs.append(i) if i % 2 else xs.pop()"),
    "set a row's element": ("rows = [[0] * ({n} // 10) for _ in range(10)]", "rows[i % 10][i * 7 % ({n} // 10)] = i"),
    "set a key": ("d = {{k: k for k in range({n})}}", "d[i] = i + 1"),
    "count in a dict": ("d = {{k: 0 for k in range({n})}}", "d[i * 7 % {n}] += 1"),
    "add to a set": ("s = set(range({n}))", "s.add(-i)"),
    "deque": ("from collections import deque\nq = deque(range({n}))", "q.append(q.popleft())"),
    "heap": ("import heapq\nh = list(range({n}))", "heapq.heapreplace(h, i * 7 % {n})"),
    "attribute": (
        "class P:\n    pass\nps = [P() for _ in range({n})]\nfor p in ps:\n    p.x = 0",
        "ps[i * 7 % {n}].x += 1",
    ),
    "call with the container": ("def f(xs, i):\n    return xs[i]\nxs = list(range({n}))", "y = f(xs, i % 1000)"),
}


def _seconds_an_event(side: str, operation: str, size: int, repeat: int) -> float:
    """Of the loop alone: a run that stops before it is taken off."""
    before, step = (text.format(n=size) for text in OPERATIONS[operation])
    code = _LOOP.format(before=before, operation=step)
    timed = []
    for text in (code, f"{before}\n"):
        runs = [run_apart(partial(SIDES[side], text), side, "") for _ in range(repeat)]
        timed.append(min(runs, key=lambda run: run["seconds"]))
    return (timed[0]["seconds"] - timed[1]["seconds"]) / (timed[0]["events"] - timed[1]["events"])


def main() -> None:
    """Prints a table of nanoseconds an event and ratios, and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the quickest counts")
    repeat = parser.parse_args().repeat
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"| operation | recorder | ns an event, {SIZES[0]:,} elements | {SIZES[1]:,} elements | ratio |")
    print("| --- | --- | ---: | ---: | ---: |")
    found: dict[str, dict[str, float]] = {}
    for operation in OPERATIONS:
        for side in RECORDERS:
            few, many = (_seconds_an_event(side, operation, size, repeat) for size in SIZES)
            print(f"| {operation} | {side} | {few * 1e9:,.0f} | {many * 1e9:,.0f} | {many / few:.2f} |", flush=True)
            found.setdefault(side, {})[operation] = round(many / few, 2)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
