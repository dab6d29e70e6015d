"""How traces are collected elsewhere: PySnooper around a program in a Python of its own, its text kept as it is."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

_SCRIPT = "import pysnooper\n\n\n@pysnooper.snoop({log!r}, depth=100)\ndef main():\n{body}\n\n\nmain()\n"
_FUNCTION = "import pysnooper\n{code}\n\nprint(repr(pysnooper.snoop({log!r}, depth=100)(lambda: {call})()))\n"
_TIME_LIMIT_S = 60


def trace_one(row: dict[str, Any], number: int, folder: Path) -> dict[str, Any] | None:
    """One input of a row, run and traced; None where that failed."""
    log, program = folder / "log", folder / "program.py"
    log.unlink(missing_ok=True)
    setup = "\n".join((row.get("prelude") or "", row["code"], row.get("setup") or ""))
    if row["kind"] == "stdin":
        text, given = row["tests"][number]["input"], row["tests"][number]["input"]
        body = "\n".join(f"    {line}" for line in setup.splitlines())
        program.write_text(_SCRIPT.format(log=str(log), body=body))
    else:
        text, given = "", row["calls"][number]["call"]
        program.write_text(_FUNCTION.format(log=str(log), code=setup, call=given))
    try:
        done = subprocess.run(
            [sys.executable, str(program)],
            input=text,
            capture_output=True,
            text=True,
            timeout=_TIME_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode or not log.exists():
        return None
    return {"code": row["code"], "input": given, "output": done.stdout, "trace": log.read_text(errors="replace")}


def main() -> None:
    """Traces the inputs of a JSON Lines file, as many of each row as are asked for, into another; prints how many."""
    source, output, inputs, rows = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    made = 0
    with tempfile.TemporaryDirectory() as folder, source.open() as lines, output.open("w") as out:
        for _, line in zip(range(rows), lines, strict=False):
            row = json.loads(line)
            for number in range(min(inputs, len(row.get("tests") or row["calls"]))):
                found = trace_one(row, number, Path(folder))
                if found is not None:
                    out.write(json.dumps(found) + "\n")
                    made += 1
    print(json.dumps({"examples": made}))


if __name__ == "__main__":
    main()
