"""Ends a run that would hang: a driver whose worker died, a worker whose driver died."""

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pipelines.exit_codes import ENVIRONMENT, INTERRUPTED
from pipelines.pulse import Monitor

if TYPE_CHECKING:
    from pipelines.local_workers import LocalWorkers

PATIENCE = 120
"""In so many looks, about a second apart, a worker must have stirred."""
_LOOK_EVERY_S = 1.0
_STATUS_OF_INTERRUPT = (INTERRUPTED, -signal.SIGINT)


def _children() -> list[int]:
    """The processes that this one started, as far as /proc tells."""
    pids = []
    for task in Path("/proc/self/task").glob("*/children"):
        try:
            pids += [int(pid) for pid in task.read_text().split()]
        except OSError:
            continue
    return pids


def end_at_once(code: int) -> NoReturn:
    """Ends this process and the workers it started, without waiting for threads that hang."""
    sys.stdout.flush()
    sys.stderr.flush()
    for pid in _children():
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            continue
    os._exit(code)


def _end_for_death(status: int, hint: str) -> NoReturn:
    """Ends this process because a worker has; Ctrl-C reaches workers too, at times first."""
    if status in _STATUS_OF_INTERRUPT:
        print(f"\nnlex: interrupted. {hint}", file=sys.stderr)
        end_at_once(INTERRUPTED)
    print(f"\nnlex: a worker process died (its exit status is {status}). {hint}", file=sys.stderr)
    end_at_once(ENVIRONMENT)


def _watch(folder: Path, hint: str, workers: "LocalWorkers | None", over: threading.Event) -> None:
    monitor = Monitor(folder, PATIENCE)
    while not over.wait(_LOOK_EVERY_S):
        if workers is not None and (status := workers.failure()) is not None:
            _end_for_death(status, hint)
        found = monitor.stuck()
        if found is None:
            continue
        pid, what = found
        print(f"\nnlex: {what}. {hint}", file=sys.stderr)
        if pid is not None and pid != os.getpid():
            os.kill(pid, signal.SIGKILL)  # one that is stopped takes nothing less
        end_at_once(ENVIRONMENT)


def watch_workers(hint: str, pulses: Path, workers: "LocalWorkers | None" = None) -> Callable[[], None]:
    """From now on a worker that dies or is stuck ends this process with a message; returns how to stop that.

    Beam's local runner learns of a dead worker in a thread of its own, and waits for ever in the main one; of a stuck
    one, of one that died in a pool elsewhere, and of our own forked `workers`, it does not learn.
    """
    over = threading.Event()
    shutil.rmtree(pulses, ignore_errors=True)
    pulses.mkdir()
    watch = threading.Thread(target=_watch, args=(pulses, hint, workers, over), name="worker-watch", daemon=True)
    watch.start()
    before = threading.excepthook

    def on_thread_error(failure: threading.ExceptHookArgs) -> None:
        said = str(failure.exc_value)
        if "Worker subprocess exited" not in said:
            before(failure)
            return
        _end_for_death(int(said.rsplit(maxsplit=1)[-1]), hint)

    def stop() -> None:
        over.set()
        watch.join()
        threading.excepthook = before

    threading.excepthook = on_thread_error
    return stop


def end_with(driver: int) -> None:
    """From now on this worker process ends when its driver is gone."""

    def watch() -> None:
        while True:
            try:
                os.kill(driver, 0)
            except ProcessLookupError:
                os._exit(ENVIRONMENT)
            time.sleep(_LOOK_EVERY_S)

    threading.Thread(target=watch, name="driver-watch", daemon=True).start()
