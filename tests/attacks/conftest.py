"""A sandbox a backend for the hostile programs, with limits that keep them short."""

from collections.abc import Iterator

import pytest

from sandbox import Sandbox, SandboxConfig


@pytest.fixture(scope="session", params=["docker", "process"])
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig(backend=request.param)) as sandbox:
        yield sandbox
