"""Other runtimes of the engine: passed through, and named when they do not work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxConfig, SandboxUnavailable
from sandbox.slot import jail_level
from schemas.job import Job, Limits, Program
from tests.private_engine import PrivateEngine

RUNTIMES = {
    "other": 'exec runc "$@"',
    # What a runtime does that cannot work with this kernel: it fails, or its container ends at once.
    "broken": "echo this kernel is too new for me >&2; exit 1",
}
DOUBLE = Job(Program("stdin", "print(int(input()) * 2)"), "21\n", limits=Limits(cpu_s=2, wall_s=20))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateEngine]:
    folder = tmp_path_factory.mktemp("runtimes")
    with PrivateEngine({name: runtime(folder, name, text) for name, text in RUNTIMES.items()}) as engine:
        yield engine


def runtime(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def use_engine(engine: PrivateEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.url)


def test_jobs_run_under_the_runtime_asked_for_and_its_kernel_is_looked_at():
    config = SandboxConfig(runtime="other")
    with Sandbox(config) as sandbox:
        assert sandbox.run(DOUBLE).stdout == b"42\n"
        jail, health = sandbox.slots[0].jail, sandbox.slots[0].health()
        assert jail is not None and health is not None
        assert jail_level(config, health, jail.host_kernel) == "container"


def test_a_runtime_without_a_kernel_of_its_own_is_refused_where_one_is_asked_for():
    with (
        Sandbox(SandboxConfig(runtime="other", min_level="kernel")) as sandbox,
        pytest.raises(SandboxUnavailable, match="reaches the level `container`, below `kernel`"),
    ):
        sandbox.run(DOUBLE)


def test_a_runtime_that_does_not_work_is_named():
    with (
        Sandbox(SandboxConfig(runtime="broken")) as sandbox,
        pytest.raises(SandboxUnavailable, match=r"'broken'.*too old"),
    ):
        sandbox.run(DOUBLE)
