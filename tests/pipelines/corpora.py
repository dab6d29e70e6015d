"""Small sources and built corpora for the tests of this room."""

import json
from pathlib import Path
from typing import Any

SUM = "a = int(input())\nb = int(input())\nprint(a + b)\n"
DOUBLE = "def f(x):\n    y = x * 2\n    return y\n"


def stdin_row(identity: str, code: str = SUM, tests: Any = None, **more: Any) -> dict[str, Any]:
    """A script with one test that `SUM` passes."""
    tests = [{"input": "1\n2\n", "expected": "3"}] if tests is None else tests
    return {
        "id": identity,
        "kind": "stdin",
        "source": "tests",
        "license": "CC0-1.0",
        "code": code,
        "tests": tests,
        **more,
    }


def call_row(identity: str, code: str = DOUBLE, calls: Any = None, **more: Any) -> dict[str, Any]:
    """A function with one call that `DOUBLE` answers."""
    calls = [{"call": "f(21)", "expected": "42"}] if calls is None else calls
    return {
        "id": identity,
        "kind": "function",
        "source": "tests",
        "license": "CC0-1.0",
        "code": code,
        "entry": "f",
        "calls": calls,
        **more,
    }


def write_rows(path: Path, *rows: dict[str, Any]) -> str:
    """Writes rows as a source and returns what names it on the command line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return f"jsonl:{path}"


PADDING = " Mind the bounds." * 300
"""Makes some rows large enough for a small source to have several work units."""
LOOP = "total = 0\nfor i in range(int(input())):\n    total += i * {factor}\nprint(total)\n"


def varied_rows(number: int) -> list[dict[str, Any]]:
    """Rows of both kinds with different programs: loops over a few numbers, and calls."""
    rows: list[dict[str, Any]] = []
    for n in range(number):
        if n % 3 == 2:
            code = f"def f(xs):\n    out = []\n    for x in xs:\n        out.append(x + {n})\n    return out\n"
            rows.append(call_row(f"call-{n}", code, [{"call": f"f([{n}, 7])", "expected": f"[{2 * n}, {7 + n}]"}]))
        else:
            tests: list[dict[str, Any]] = [
                {"input": f"{size}\n", "expected": str(sum(i * n for i in range(size)))} for size in (2, 3 + n % 4)
            ]
            tests.append({"input": "9\n", "expected": str(36 * n), "hidden": True})
            statement = f"Sum multiples of {n}." + PADDING
            rows.append(stdin_row(f"loop-{n}", LOOP.format(factor=n), tests, statement=statement))
    return rows
