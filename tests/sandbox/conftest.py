"""Real sandboxes for the tests, one of each backend for all of them."""

from collections.abc import Iterator

import pytest

from sandbox import Sandbox, SandboxConfig
from sandbox.config import Backend

BACKENDS: tuple[Backend, ...] = ("docker", "process")


@pytest.fixture(scope="session", params=BACKENDS)
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of two slots, of each backend in turn."""
    with Sandbox(SandboxConfig(backend=request.param, slots=2)) as sandbox:
        yield sandbox
