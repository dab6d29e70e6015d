"""A work unit does what is missing, and survives a sandbox that fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.options import BuildOptions
from pipelines.parts import Workspace, part_counts
from pipelines.plan import bucket_of, make_plan
from pipelines.sources.located import Located
from pipelines.spool import from_line, to_line
from pipelines.unit import TRIES, Task, part_key, run_unit
from sandbox import Sandbox, SandboxConfig, SandboxUnavailable
from schemas.job import Program
from schemas.solution import Solution, TestCase
from tests.pipelines.corpora import call_row, stdin_row, write_rows


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig()) as opened:
        yield opened


class Work:
    """A source, its only unit, and where it works."""

    def __init__(self, folder: Path, *rows: dict[str, object]) -> None:
        self.options = BuildOptions((write_rows(folder / "rows.jsonl", *rows),))
        self.workspace = Workspace(folder / "out")
        self.workspace.make()
        (unit,) = make_plan(self.options, self.workspace).units
        self.task = Task(unit, part_key(unit, self.options))
        self.part = self.workspace.prose(unit.bucket, self.task.key)

    def reasons(self) -> set[str]:
        return {reason for *_, reason in part_counts(self.part) if reason}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.unit._PAUSE_S", 0)


def no_sandbox(fresh: bool) -> Sandbox:
    raise SandboxUnavailable("none here")


def test_a_done_unit_needs_no_sandbox(tmp_path: Path, sandbox: Sandbox) -> None:
    work = Work(tmp_path, stdin_row("a"), call_row("b"))
    run_unit(work.task, work.options, work.workspace, lambda fresh: sandbox)
    before = work.part.read_bytes()
    run_unit(work.task, work.options, work.workspace, no_sandbox)
    assert work.part.read_bytes() == before


def test_prose_is_made_again_from_stored_traces(tmp_path: Path, sandbox: Sandbox) -> None:
    work = Work(tmp_path, stdin_row("a"), call_row("b"))
    run_unit(work.task, work.options, work.workspace, lambda fresh: sandbox)
    before = work.part.read_bytes()
    work.part.unlink()
    run_unit(work.task, work.options, work.workspace, no_sandbox)
    assert work.part.read_bytes() == before


def test_rows_that_come_later_leave_the_traces_of_the_others_in_use(tmp_path: Path, sandbox: Sandbox) -> None:
    work = Work(tmp_path, stdin_row("a"))
    run_unit(work.task, work.options, work.workspace, lambda fresh: sandbox)
    more = Work(tmp_path, stdin_row("a"), stdin_row("same program", problem="a"))
    run_unit(more.task, more.options, more.workspace, no_sandbox)
    assert more.part.exists()


def test_a_sandbox_that_fails_is_replaced(tmp_path: Path, sandbox: Sandbox) -> None:
    work = Work(tmp_path, stdin_row("a"))
    asked: list[bool] = []

    def failing_once(fresh: bool) -> Sandbox:
        asked.append(fresh)
        if len(asked) == 1:
            raise SandboxUnavailable("not yet")
        return sandbox

    run_unit(work.task, work.options, work.workspace, failing_once)
    assert asked == [False, True]
    assert work.reasons() == set()


def test_a_sandbox_that_fails_for_ever_ends_the_unit(tmp_path: Path) -> None:
    work = Work(tmp_path, stdin_row("a"))
    asked: list[bool] = []

    def failing(fresh: bool) -> Sandbox:
        asked.append(fresh)
        raise SandboxUnavailable("never")

    with pytest.raises(SandboxUnavailable):
        run_unit(work.task, work.options, work.workspace, failing)
    assert len(asked) == TRIES
    assert not work.part.exists()


def test_a_bucket_of_more_bits_lies_inside_the_one_of_fewer() -> None:
    assert bucket_of("p", 9).startswith(bucket_of("p", 4))
    assert bucket_of("p", 0) == "b"


def test_a_spooled_row_is_read_back_as_it_was() -> None:
    tests = (TestCase("", "f(1)", None), TestCase("", "f(2)", "4", hidden=True))
    solution = Solution("a", "p", "Say.", Program("function", "def f(x):\n    return x"), "f", tests, "s", "l", "test")
    located = Located(solution, "f.jsonl", "f.jsonl:3")
    assert from_line(to_line(located)) == located
