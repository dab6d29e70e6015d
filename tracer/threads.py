"""Holds a new thread back until the threads that are there have gone as far as they go without it."""

import os
import threading
import time

_PAUSE_S = 0.005
_LONGEST_S = 2.0
_TASKS = "/proc/self/task"


def _runs(task: str) -> bool:
    """Does the kernel want to give this thread of ours a processor?"""
    try:
        file = os.open(f"{_TASKS}/{task}/stat", os.O_RDONLY)
    except OSError:
        return False
    try:
        said = os.read(file, 1024)
    finally:
        os.close(file)
    return said.rpartition(b")")[2].split()[0] in (b"R", b"D")


def wait_until_others_wait() -> None:
    """Returns once every other thread waits for something, so that each run begins a thread at the same point.

    Where the kernel's list of threads cannot be read a short pause has to do, and a thread that computes is waited
    for no longer than two seconds.
    """
    own = str(threading.get_native_id())
    give_up = time.monotonic() + _LONGEST_S
    while time.monotonic() < give_up:
        time.sleep(_PAUSE_S)
        try:
            others = [task for task in os.listdir(_TASKS) if task != own]
        except OSError:
            return
        if not any(map(_runs, others)):
            return
