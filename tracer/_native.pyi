"""The extension of `tracer/_native.c`."""

import types
from collections.abc import Callable
from typing import Any

from tracer.statements import Instrumented
from tracer.streams import ReadCounter

class Recorder:
    failure: str | None

    def __init__(
        self,
        header: bytes,
        program: Instrumented,
        filename: str,
        names: dict[str, Any],
        counter: ReadCounter,
        stdout: Any,
        stop: Callable[[str], None],
        max_events: int,
        max_bytes: int,
        audit: bool,
    ) -> None: ...
    def begin(self) -> None: ...
    def attach(self) -> None: ...
    def enter(self, frame: types.FrameType) -> None: ...
    def enter_module(self, code: types.CodeType, final: bool) -> None: ...
    def marks(self) -> list[Any]: ...
    def skip_changes(self) -> None: ...
    def finish(self) -> tuple[bytes, str, int, int]: ...
