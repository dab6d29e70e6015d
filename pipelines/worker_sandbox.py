"""The one sandbox of a worker process: opened at its first job, closed when the process ends."""

import atexit
import threading

from sandbox import Sandbox, SandboxConfig

_lock = threading.Lock()
_open: dict[SandboxConfig, Sandbox] = {}


def worker_sandbox(config: SandboxConfig, fresh: bool = False) -> Sandbox:
    """This process's sandbox of that kind; `fresh` closes the one there is and opens another."""
    with _lock:
        if fresh and config in _open:
            _open.pop(config).close()
        if config not in _open:
            _open[config] = Sandbox(config)
        return _open[config]


@atexit.register
def close_worker_sandboxes() -> None:
    """Closes what this process has opened."""
    with _lock:
        while _open:
            _open.popitem()[1].close()
