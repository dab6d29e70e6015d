"""What stands, while a program is traced, in the place of functions that would show the recorder or slip past it.

Each tells of itself by an audit event and holds nothing that leads to the recorder: a program can look into
these functions as it can into all others.
"""

import _thread
import sys
import threading
from collections.abc import Callable
from sys import audit
from typing import Any

GETTRACE, START_THREAD = "sys.gettrace", "tracer.start_thread"
_THREAD_STARTERS = (
    *("start_new_thread", "start_new", "start_joinable_thread"),
    *("_start_new_thread", "_start_joinable_thread"),
)


def put_in_place() -> None:
    """Puts them in the place of what they stand for, from now on in this process."""
    for where in (sys, threading):
        setattr(where, "gettrace", _gettrace)  # noqa: B010 - mypy takes no assignment to a function
    for module in (_thread, threading):
        for name in _THREAD_STARTERS:
            if name in module.__dict__:
                setattr(module, name, _announced(module.__dict__[name]))


def _gettrace() -> None:
    """Tells that it was asked, and gives what a run without a recorder gets."""
    audit(GETTRACE)


def _announced(start: Callable[..., Any]) -> Callable[..., Any]:
    """A function that starts a thread, and tells before how the thread would be traced.

    Before Python 3.12 no event tells of a new thread, and none of those that it starts without a hook.
    """

    def start_thread(*args: Any, **kwargs: Any) -> Any:
        audit(START_THREAD, threading._trace_hook)  # type: ignore[attr-defined]
        return start(*args, **kwargs)

    return start_thread
