"""Watches, by audit events, whether the program's own code reaches for what records it."""

import sys
import types
from typing import Any

RECURSION_MARGIN = 60
"""Frames that the recorder may need on top of the program's deepest."""

_WATCHED = frozenset(
    {
        "sys.settrace",
        "sys.setprofile",
        "sys._getframe",
        "gc.get_objects",
        "gc.get_referrers",
        "gc.get_referents",
        "ctypes.dlopen",
        "ctypes.dlsym",
        "code.__new__",
    }
)
_ATTRIBUTES = frozenset({"tb_frame", "gi_frame", "f_trace", "cr_frame", "ag_frame", "__code__", "f_trace_lines"})


class Watch:
    """Collects the names of watched events whose caller is the program itself."""

    def __init__(self, filename: str) -> None:
        self.found: list[str] = []
        self._filename = filename
        self._busy = False
        self._getframe = sys._getframe
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._busy:
            return
        if event in ("object.__getattr__", "object.__setattr__", "object.__delattr__"):
            if len(arguments) < 2 or arguments[1] not in _ATTRIBUTES:
                return
            event = f"{event}({arguments[1]})"
        elif event not in _WATCHED:
            return
        self._busy = True
        try:
            frame = self._getframe(1)
            if frame.f_code.co_filename == self._filename and not self._dropped(event, frame):
                self.found.append(event)
        finally:
            self._busy = False

    @staticmethod
    def _dropped(event: str, frame: types.FrameType) -> bool:
        """Did the interpreter itself let go of the recorder, which had no frames left to run in?"""
        if event != "sys.settrace":
            return False
        depth, outer = 0, frame.f_back
        while outer is not None:
            depth, outer = depth + 1, outer.f_back
        return depth + RECURSION_MARGIN >= sys.getrecursionlimit()
