"""How traces are collected elsewhere: PySnooper or snoop in a Python of its own a run, the text put into a message.

What runs out of time, as peers' pipelines have it after 5 s, or fails costs nothing here: only the processor time of
runs that gave an example is counted, and that of this process.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_TIME_LIMIT_S = 5
_TRACING = {
    "pysnooper": "import pysnooper\ntracing = pysnooper.snoop(sys.argv[2], depth=100)\n",
    "snoop": "import snoop\ntracing = snoop.Config(out=sys.argv[2], color=False, columns='').snoop(depth=100)\n",
}
_SCRIPT = """import sys
{tracing}


def run(path):
    code = compile(open(path).read(), path, "exec")
    with tracing:
        exec(code, {{"__name__": "__main__", "__file__": path}})


run(sys.argv[1])
"""
_CLOCK = re.compile(r"^\d\d:\d\d:\d\d\.\d+ ?", re.MULTILINE)


def formatted(row: dict[str, Any], given: str, output: str, trace: str) -> dict[str, Any]:
    """A chat example: the program and its input, and the trace without its clocks, ended by the output."""
    asked = f"What does this program print?\n\n{row['code']}\n\nInput:\n{given}"
    return {
        "messages": [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": f"{_CLOCK.sub('', trace)}\n{output}"},
        ]
    }


def trace_one(row: dict[str, Any], number: int, folder: Path) -> dict[str, Any] | None:
    """One input of a row, run and traced; None where that failed."""
    log, program = folder / "log", folder / "program.py"
    log.unlink(missing_ok=True)
    text = "\n".join((row.get("prelude") or "", row["code"], row.get("setup") or ""))
    if row["kind"] == "stdin":
        stdin = given = row["tests"][number]["input"]
    else:
        stdin, given = "", row["calls"][number]["call"]
        text += f"\nprint(repr({given}))\n"
    program.write_text(text)
    command = [sys.executable, str(folder / "run.py"), str(program), str(log)]
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=_TIME_LIMIT_S, check=False, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode or not log.exists():
        return None
    return formatted(row, given, done.stdout, log.read_text(errors="replace"))


def _children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    """Traces the inputs of a JSON Lines file, as many of each row as are asked for, into another; prints how many."""
    peer, source, output = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    inputs, rows = int(sys.argv[4]), int(sys.argv[5])
    made = runs = 0
    useful_s = 0.0
    with tempfile.TemporaryDirectory() as folder, source.open() as lines, output.open("w") as out:
        (Path(folder) / "run.py").write_text(_SCRIPT.format(tracing=_TRACING[peer]))
        for _, line in zip(range(rows), lines, strict=False):
            row = json.loads(line)
            for number in range(min(inputs, len(row.get("tests") or row["calls"]))):
                before = _children_s()
                found = trace_one(row, number, Path(folder))
                runs += 1
                if found is not None:
                    useful_s += _children_s() - before
                    out.write(json.dumps(found) + "\n")
                    made += 1
    print(json.dumps({"examples": made, "runs": runs, "cpu_s": useful_s + time.process_time()}))


if __name__ == "__main__":
    main()
