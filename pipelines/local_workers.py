"""Workers of a local run as forks of the driver: what it has imported and loaded is theirs without a copy.

Beam's own local workers are fresh interpreters, which import Beam, Arrow and a vocabulary each for itself. These are
forked before this process opens its first connection, for gRPC does not outlive a fork, and wait to be told where
the runner listens.
"""

import gc
import logging
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, NoReturn, Self

from apache_beam.runners.portability.fn_api_runner import worker_handlers
from apache_beam.runners.worker import sdk_worker
from apache_beam.transforms import environments
from tqdm import tqdm

from pipelines.exit_codes import INTERRUPTED
from pipelines.watchdog import end_with
from pipelines.worker_sandbox import close_worker_sandboxes

_URN = "nlex:env:forked:v1"
_ORDER_BYTES = 4096

_open: list["LocalWorkers"] = []
_served: set[int] = set()


def may_fork() -> bool:
    """Whether this process can still fork workers: on Linux, and before its first run with such."""
    return sys.platform == "linux" and os.getpid() not in _served


class _Worker:
    """A forked worker, and the pipe on which it waits for its order."""

    def __init__(self) -> None:
        orders, self._order = os.pipe()
        driver = os.getpid()
        with warnings.catch_warnings():
            # The threads that there are (a progress bar's, those of an array library) hold nothing that a worker needs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
        if self._pid == 0:
            os.close(self._order)
            _work(orders, driver)
        os.close(orders)
        self._status: int | None = None

    def send(self, worker_id: str, address: str) -> None:
        """Tells it who it is and where the runner listens."""
        os.write(self._order, f"{worker_id} {address}".encode())

    def status(self, options: int = os.WNOHANG) -> int | None:
        """Its exit status, None while it runs."""
        if self._status is None:
            pid, status = os.waitpid(self._pid, options)
            self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status

    def close(self, *, at_once: bool) -> None:
        """Waits until it has ended; one that has no order ends now, and with `at_once` any other too."""
        os.close(self._order)
        if at_once and self.status() is None:
            os.kill(self._pid, signal.SIGTERM)
        self.status(0)


def _work(orders: int, driver: int) -> NoReturn:
    """The life of a worker process."""
    status = 1
    try:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
        end_with(driver)
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115 - as long as the process
        logging.basicConfig(stream=sys.stderr, level=logging.CRITICAL, force=True)
        order = os.read(orders, _ORDER_BYTES).decode()
        if order:
            worker_id, address = order.split()
            sdk_worker.SdkHarness(
                address,
                worker_id=worker_id,
                state_cache_size=worker_handlers.STATE_CACHE_SIZE_MB << 20,
                data_buffer_time_limit_ms=worker_handlers.DATA_BUFFER_TIME_LIMIT_MS,
                runner_capabilities=worker_handlers.FNAPI_RUNNER_CAPABILITIES,
            ).run()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        close_worker_sandboxes()
        os._exit(status)


class LocalWorkers:
    """So many workers, forked now; as a context it ends with them, at once where an error leaves it."""

    def __init__(self, number: int) -> None:
        # Bars share a lock with forked processes by default: one that ended with it would stop the driver for ever.
        tqdm.set_lock(threading.RLock())
        gc.freeze()
        self._workers = [_Worker() for _ in range(number)]
        self._idle = list(self._workers)

    def start(self, worker_id: str, address: str) -> None:
        """Lets one more begin to work for a runner that listens at an address."""
        _served.add(os.getpid())
        self._idle.pop(0).send(worker_id, address)

    def failure(self) -> int | None:
        """The exit status of a worker that has ended before its time, None if there is none."""
        return next((status for worker in self._workers if (status := worker.status())), None)

    def environment(self) -> environments.Environment:
        """What to tell Beam's local runner, so that these are its workers."""
        return _Forked(capabilities=environments.python_sdk_capabilities())

    def __enter__(self) -> Self:
        _open.append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        _open.remove(self)
        for worker in self._workers:
            worker.close(at_once=error is not None)


@environments.Environment.register_urn(_URN, bytes)
class _Forked(environments.Environment):
    """Names our workers in a pipeline."""

    def to_runner_api_parameter(self, context: Any) -> tuple[str, bytes]:
        return _URN, b""

    @staticmethod
    def from_runner_api_parameter(
        payload: bytes, capabilities: Iterable[str], artifacts: Iterable[Any], hints: Mapping[str, bytes], context: Any
    ) -> "_Forked":
        return _Forked(capabilities, artifacts, hints)


@worker_handlers.WorkerHandler.register_environment(_URN, bytes)
class _Handler(worker_handlers.GrpcWorkerHandler):
    """Beam's side of one worker."""

    def __init__(self, payload: bytes, *of_runner: Any) -> None:
        super().__init__(*of_runner)

    def start_worker(self) -> None:
        _open[-1].start(self.worker_id, self.control_address)

    def stop_worker(self) -> None:
        """Its connection is closed, which ends it."""
