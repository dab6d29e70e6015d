"""A sandbox a backend for the hostile programs, and a look at what they leave on this machine."""

from collections.abc import Iterator

import pytest

from sandbox import Sandbox, SandboxConfig, jail_client
from schemas.job import Job, Limits, Program
from tests.attacks.traces_left import LeftBehind


@pytest.fixture(scope="session", params=["docker", "process"])
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig(backend=request.param)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def left_behind(box: Sandbox) -> LeftBehind:
    ask = Job(Program("stdin", "import os\nprint(os.getuid())"), limits=Limits(cpu_s=1, wall_s=10))
    return LeftBehind({int(box.run(ask).stdout)})


@pytest.fixture
def python_recorder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has programs recorded as where no compiler has built the recorder in C."""
    of_job = jail_client._program_spec
    monkeypatch.setattr(jail_client, "_program_spec", lambda job, token: of_job(job, token) | {"recorder": "python"})
