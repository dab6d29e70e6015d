"""Watches, by audit events, whether the program's own code reaches for what records it."""

import os
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from tracer.nameable import REACHED
from tracer.substitutes import GETTRACE, START_THREAD, put_in_place

RECURSION_MARGIN = 60
"""Frames that the recorder may need on top of the program's deepest."""

_WATCHED = frozenset(
    {
        GETTRACE,
        "sys.settrace",
        "sys.setprofile",
        "sys._getframe",
        "sys._current_frames",
        "sys._current_exceptions",
        "sys.monitoring.register_callback",
        "sys.addaudithook",
        "gc.get_objects",
        "gc.get_referrers",
        "gc.get_referents",
        "code.__new__",
        "marshal.loads",
    }
)
_ATTRIBUTES = frozenset({"tb_frame", "gi_frame", "f_trace", "cr_frame", "ag_frame", "__code__", "f_trace_lines"})
_ATTRIBUTE_EVENTS = frozenset({"object.__getattr__", "object.__setattr__", "object.__delattr__"})
_HIDDEN = ("ctypes", "_ctypes", "ctypes.util", "ctypes._endian")
_HIDDEN_IMPORTS = frozenset(f"import {name}" for name in _HIDDEN)
_SUBSTITUTED = frozenset({GETTRACE, START_THREAD})
_LIST_OF_CLASSES = "__subclasses__"
"""By this every class leads to those that are loaded, ours among them; what then is done to them, no event tells."""
_GIVEAWAYS = frozenset(
    {
        *("__builtins__", "builtins", "__self__", "__globals__", "__closure__", "gettrace", "_trace_hook", "modules"),
        _LIST_OF_CLASSES,
    }
)
"""Names on the ways to the recorder; what text compiled at run time does with them, no probe sees."""
_OURS = ("tracer", "jail")
"""Packages that a program has no business with."""
_LENDERS = frozenset({"inspect", "bdb", "pdb", "trace", "profile", "cProfile"})
"""Modules that reach for frames and hooks on behalf of whoever calls them."""
_IMPORTERS = frozenset({*_HIDDEN, "importlib", "runpy", "pkgutil", "pydoc"})
"""Modules that import on behalf of whoever calls them."""
_LIBRARY = os.path.dirname(os.__file__) + os.sep
_TRACER = os.path.dirname(__file__) + os.sep


class Watch:
    """Hears of watched events whose caller is no library: the program, or text that it has compiled.

    `tell` is called at once with each new one, since a program that has found its recorder could make the
    final report keep silent. The modules that reach memory past all hooks, and ours, are taken out of the import
    system's sight, so that importing them is heard.
    """

    def __init__(self, filename: str, tell: Callable[[str], None]) -> None:
        self.found: list[str] = []
        self._filename = filename
        self._tell = tell
        self._busy = False
        self._getframe = sys._getframe
        self._thread_hook: object = None
        for name in [name for name in sys.modules if name in _HIDDEN or name.partition(".")[0] in _OURS]:
            del sys.modules[name]
        sys.addaudithook(self._hear)

    def watch_threads(self) -> None:
        """From now on every new thread is to be traced as threads are at this moment."""
        self._thread_hook = threading.gettrace()
        put_in_place()

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        # The recorder asks for the code of each frame: the commonest event by far.
        if self._busy or (event == "object.__getattr__" and arguments[1] == "f_code"):
            return
        name = self._named(event, arguments)
        if name is None:
            return
        self._busy = True
        try:
            if self._is_amiss(event, arguments, name, self._getframe(1)):
                self._add(name)
        finally:
            self._busy = False

    def _add(self, name: str) -> None:
        if name not in self.found:
            self.found.append(name)
            self._tell(name)

    def _named(self, event: str, arguments: tuple[Any, ...]) -> str | None:
        """What to call an event that is watched; None for any other."""
        if event in _ATTRIBUTE_EVENTS:
            return f"{event}({arguments[1]})" if len(arguments) > 1 and arguments[1] in _ATTRIBUTES else None
        if event in _WATCHED or event.startswith("ctypes."):
            return event
        if event == START_THREAD:
            return "a thread unseen"
        if event == REACHED:
            return f"the recorder's {arguments[0]}"
        if event == "import":
            name = arguments[0]
            return f"import {name}" if name in _HIDDEN or name.partition(".")[0] in _OURS else None
        if event == "compile":
            # A code object whose file is said to be the program's, or a library's, would pass for it.
            file = arguments[1]
            alike = type(file) is str and (file == self._filename or file.startswith((_LIBRARY, _TRACER, "<frozen")))
            return f"compile({file})" if alike else None
        if event == "exec" and type(arguments[0]) is types.CodeType:
            if arguments[0].co_filename == self._filename:
                return _LIST_OF_CLASSES if _LIST_OF_CLASSES in _names_in(arguments[0]) else None
            names = sorted(_names_in(arguments[0]) & _GIVEAWAYS)
            return f"exec of text with {', '.join(names)}" if names else None
        return None

    def _is_amiss(self, event: str, arguments: tuple[Any, ...], name: str, frame: types.FrameType) -> bool:
        """Whether a watched event, raised by this frame, is the program's doing."""
        if event == REACHED or name == _LIST_OF_CLASSES or (event == "import" and name not in _HIDDEN_IMPORTS):
            return True
        if event in _SUBSTITUTED:
            assert frame.f_back is not None
            frame = frame.f_back
        if event == START_THREAD:
            return arguments[0] is not self._thread_hook or not _is_trusted(frame)
        return self._is_the_programs(name, frame) and not self._dropped(event, frame)

    def _is_the_programs(self, name: str, frame: types.FrameType) -> bool:
        at: types.FrameType | None = frame
        if name.startswith("import "):
            while at is not None and (_is_import_system(at) or (_module_of(at) in _IMPORTERS and _is_trusted(at))):
                at = at.f_back
        while at is not None and _module_of(at) in _LENDERS and _is_trusted(at):
            at = at.f_back
        if at is not None and _module_of(at) == "traceback" and _is_trusted(at) and at.f_back is not None:
            at = at.f_back
        return at is not None and not _is_trusted(at)

    @staticmethod
    def _dropped(event: str, frame: types.FrameType) -> bool:
        """Did the interpreter itself let go of the recorder, which had no frames left to run in?"""
        if event != "sys.settrace":
            return False
        depth, outer = 0, frame.f_back
        while outer is not None:
            depth, outer = depth + 1, outer.f_back
        return depth + RECURSION_MARGIN >= sys.getrecursionlimit()


def _is_trusted(frame: types.FrameType) -> bool:
    """Whether a frame runs code of the standard library, of the import system or of the tracer."""
    return frame.f_code.co_filename.startswith((_LIBRARY, _TRACER, "<frozen"))


def _names_in(code: types.CodeType) -> set[str]:
    """The names and texts of a code object and of those within it."""
    found = {*code.co_names, *(constant for constant in code.co_consts if type(constant) is str)}
    for inner in code.co_consts:
        if type(inner) is types.CodeType:
            found |= _names_in(inner)
    return found


def _is_import_system(frame: types.FrameType) -> bool:
    return frame.f_code.co_filename.startswith("<frozen importlib")


def _module_of(frame: types.FrameType) -> str:
    name = dict.get(frame.f_globals, "__name__")
    return name if type(name) is str else ""
