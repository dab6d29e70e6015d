"""The one sandbox of a worker process: opened at its first job, closed when the process ends."""

import atexit
import threading

from pipelines.options import Backend
from sandbox import Sandbox, SandboxConfig

_lock = threading.Lock()
_open: dict[Backend, Sandbox] = {}


def worker_sandbox(backend: Backend, fresh: bool = False) -> Sandbox:
    """This process's sandbox; `fresh` closes the one there is and opens another."""
    with _lock:
        if fresh and backend in _open:
            _open.pop(backend).close()
        if backend not in _open:
            _open[backend] = Sandbox(SandboxConfig(backend=backend, slots=1))
        return _open[backend]


@atexit.register
def close_worker_sandboxes() -> None:
    """Closes what this process has opened."""
    with _lock:
        while _open:
            _open.popitem()[1].close()
