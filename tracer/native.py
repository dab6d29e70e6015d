"""The recorder in C, where it has been built, behind the methods of `tracer.recorder.Recorder`."""

import sys
import threading
import types
from collections.abc import Callable
from sys import gettrace
from typing import Any

from tracer import wire
from tracer.forms import mark_name
from tracer.statements import Instrumented
from tracer.streams import ReadCounter
from tracer.threads import wait_until_others_wait
from tracer.writer import Writer

try:
    from tracer import _native
except ImportError:
    _native = None  # type: ignore[assignment]

BUILT = _native is not None
"""Has the extension been built for this interpreter?"""


class NativeRecorder:
    """Records one execution of a program that was instrumented for it.

    Its log is that of `tracer.recorder.Recorder`, byte for byte. It takes no part in the program's recursion.
    """

    def __init__(
        self,
        program: Instrumented,
        filename: str,
        names: dict[str, Any],
        header: dict[str, Any],
        *,
        max_events: int,
        max_bytes: int,
        stop: Callable[[str], None],
        counter: ReadCounter,
        audit: bool = False,
    ) -> None:
        """The arguments of `tracer.recorder.Recorder`, with the counter of stdin itself.

        Raises:
            RuntimeError: the extension has not been built.
        """
        if _native is None:
            raise RuntimeError(
                "tracer._native is not built for this Python: reinstall nlex where there is a C compiler"
            )
        self._recorder = _native.Recorder(
            header=bytes(Writer(header, max_bytes).out),
            program=program,
            filename=filename,
            names=names,
            counter=counter,
            stdout=sys.stdout,
            stop=stop,
            max_events=max_events,
            max_bytes=max_bytes,
            audit=audit,
        )

    def builtins(self) -> dict[str, Any]:
        """What the instrumented program finds among its builtins."""
        return {mark_name(number): mark for number, mark in enumerate(self._recorder.marks())}

    def install(self) -> None:
        """Begins to record, in this thread and in those that the program starts."""
        self._recorder.begin()
        threading.settrace(self._begin_thread)
        self._recorder.attach()

    def _begin_thread(self, frame: types.FrameType, event: str, arg: Any) -> None:
        """The trace function of a new thread, for its first frame alone."""
        wait_until_others_wait()
        self._recorder.attach()
        self._recorder.enter(frame)

    def resume(self) -> None:
        """Records on in this thread, where it had been stopped."""
        self._recorder.attach()

    def remove(self) -> bool:
        """Stops recording; says whether the recorder was still in place."""
        in_place: Any = gettrace()
        sys.settrace(None)
        threading.settrace(None)
        return in_place is self._recorder and self._recorder.failure is None

    def enter_module(self, code: types.CodeType, *, final: bool) -> None:
        """Names the code object that runs as the module next; only the `final` one's return is an event."""
        self._recorder.enter_module(code, final)

    def skip_changes(self) -> None:
        """Takes the state as it is now for granted: untraced code has run."""
        self._recorder.skip_changes()

    def finish(self) -> tuple[bytes, dict[str, Any]]:
        """The log, and what the runner reports of it."""
        log, mark, missed, events = self._recorder.finish()
        found = {"mark": mark, "missed": missed, "events": events}
        if self._recorder.failure is not None:
            found["detail"] = f"the recorder failed: {self._recorder.failure}"
        return log + wire.end(mark, events), found
