"""Corpora that several tests of this room read; each is built once, with the real sandbox."""

from pathlib import Path

import pytest

from pipelines.build_command import build
from pipelines.options import BuildOptions
from tests.pipelines.corpora import call_row, stdin_row, varied_rows, write_rows

HARD_ROWS = [
    stdin_row("fails", code="x = int(input())\nprint(10 // x)\n", tests=[{"input": "0\n", "expected": "1"}]),
    stdin_row("spins", code="while True:\n    pass\n", time_limit_s=1),
    stdin_row("long", code="for i in range(20000):\n    pass\nprint(3)\n"),
    stdin_row("unordered", code="print(set('abcdefgh'))\n"),
    stdin_row("bytes", code="import sys\nsys.stdout.buffer.write(b'\\xff\\xfe')\n"),
    stdin_row("broken", code="print 1"),
    stdin_row("loop-0"),
    call_row("raises", calls=[{"call": "f(None)", "expected": "0"}, {"call": "f(1)", "expected": "2"}]),
    stdin_row("taken", source="openai/human-eval", problem="taken"),
]


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Good rows of both kinds, and one row for each way to be no example."""
    path = tmp_path_factory.mktemp("source") / "rows.jsonl"
    named = write_rows(path, *varied_rows(24), *HARD_ROWS)
    with path.open("ab") as stream:
        stream.write(b"{broken\n")
    return named


@pytest.fixture(scope="session")
def corpus(source: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus of `source`, built with one worker."""
    output = tmp_path_factory.mktemp("corpus")
    build(BuildOptions((source,)), output, workers=1)
    return output
