"""A naive recorder beside the real one: at every event, everything that the running frame and the module see."""

import enum
import inspect
import pickle
import signal
import types
from collections import deque
from pathlib import Path
from typing import Any

import tracer.program
from tests.tracing import Run, run
from tracer.events import Event, Exact, Opaque, Ref
from tracer.recorder import Hook, Recorder
from tracer.replay import State

_SORTING = ("a list whose elements `sort` holds",)
_ATOMS = (type(None), bool, int, float, str, bytes, complex)


class _Live:
    """Describes live objects; an object met again is named by the number of its first meeting."""

    def __init__(self) -> None:
        self.met: dict[int, int] = {}

    def describe(self, value: Any) -> Any:
        if isinstance(value, enum.Enum):
            # A member is named, and never looked into.
            return "other"
        if isinstance(value, _ATOMS):
            return type(value).__name__, repr(value)
        if id(value) in self.met:
            return "again", self.met[id(value)]
        kinds = (list, tuple, deque, set, frozenset, dict, bytearray)
        if isinstance(value, kinds) or type(value).__module__ in ("__main__", "program"):
            self.met[id(value)] = len(self.met)
        if isinstance(value, list) and list.__sizeof__(value) < type(value).__basicsize__:
            return _SORTING
        if isinstance(value, (list, tuple, deque)):
            return type(value).__name__, [self.describe(item) for item in value]
        if isinstance(value, (set, frozenset)):
            return type(value).__name__, sorted(repr(_Live().describe(item)) for item in value)
        if isinstance(value, bytearray):
            return "bytearray", list(value)
        if isinstance(value, dict):
            return type(value).__name__, [(self.describe(k), self.describe(v)) for k, v in value.items()]
        if type(value).__module__ in ("__main__", "program"):
            return type(value).__name__, [(k, self.describe(v)) for k, v in _attributes(value)]
        return "other"


def _attributes(value: Any) -> list[tuple[str, Any]]:
    slots = [
        (name, member)
        for cls in type(value).__mro__
        for name, member in vars(cls).items()
        if isinstance(member, types.MemberDescriptorType)
    ]
    found = []
    for name, member in slots:
        try:
            found.append((name, member.__get__(value)))
        except AttributeError:
            continue
    return found + list(getattr(value, "__dict__", {}).items())


def _agree(seen: Any, true: Any) -> bool:
    """Equal, but that a list may be in the middle of being sorted, when it shows nothing of itself."""
    if true == _SORTING:
        return True
    if isinstance(true, (list, tuple)) and type(seen) is type(true) and len(seen) == len(true):
        return all(map(_agree, seen, true))
    return bool(seen == true)


class _Replayed:
    """Describes the same from a replayed state."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.met: dict[int, int] = {}

    def describe(self, value: Any) -> Any:
        if isinstance(value, (Opaque, Exact)):
            return "other"
        if not isinstance(value, Ref):
            return type(value).__name__, repr(value)
        if value.id in self.met:
            return "again", self.met[value.id]
        self.met[value.id] = len(self.met)
        held = self.state.look(value)
        match held.kind:
            case "list" | "tuple" | "deque":
                return held.type, [self.describe(item) for item in held.items]
            case "set" | "frozenset":
                return held.type, sorted(repr(_Replayed(self.state).describe(item)) for item in held.items)
            case "bytearray":
                return "bytearray", list(held.items)
            case "dict":
                return held.type, [(self.describe(k), self.describe(v)) for k, v in held.items.items()]
        return held.type, [(k, self.describe(v)) for k, v in held.items.items()]


def _visible(names: dict[str, Any], describe: Any) -> list[tuple[str, Any]]:
    return [(name, describe(names[name])) for name in sorted(names)]


class ReferenceRecorder(Recorder):
    """The real recorder that also keeps, at each event, what a naive look at the frame gives."""

    file = Path()
    snapshots: list[Any]

    def on_call(self, frame: types.FrameType, event: str, arg: Any) -> Hook | None:
        before = self.writer.events
        traced = super().on_call(frame, event, arg) is not None
        self._keep(frame, event, before)
        return self._outer if traced else None

    def _outer(self, frame: types.FrameType, event: str, arg: Any) -> Hook | None:
        before = self.writer.events
        self._hook(frame, event, arg)
        self._keep(frame, event, before)
        return self._outer

    def _keep(self, frame: types.FrameType, event: str, before: int) -> None:
        if self.writer.events == before:
            return
        live = _Live()
        stored = {name for name in self._globals if name not in self._given} if self._wild else set()
        stored |= set(self._stored)
        module = {name: self._globals[name] for name in stored if name in self._globals}
        seen = _visible(module, live.describe)
        if event != "call" and frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            local = {k: v for k, v in frame.f_locals.items() if k[0] != "." and k != "__class__"}
            seen += _visible(local, live.describe)
        self.snapshots.append(seen)

    def finish(self) -> Any:
        self.file.write_bytes(pickle.dumps(self.snapshots))
        return super().finish()


def differences(code: str, folder: Path, **options: Any) -> tuple[list[str], Run]:
    """Where replaying a program's log differs from the naive look, and the run itself.

    Raises:
        TimeoutError: it took more than `cpu_s`.
    """
    ReferenceRecorder.file = folder / "snapshots"
    ReferenceRecorder.snapshots = []
    plain = run(code, **{**options, "traced": False})
    original: types.ModuleType = tracer.program
    original.Recorder = ReferenceRecorder  # type: ignore[attr-defined]
    try:
        done = run(code, **{**options, "recorder": "python"})
    finally:
        original.Recorder = Recorder  # type: ignore[attr-defined]
    if done.status == -signal.SIGKILL:
        raise TimeoutError(f"more than {options.get('cpu_s')} s of CPU")
    snapshots = pickle.loads(ReferenceRecorder.file.read_bytes())
    trace = done.trace
    if len(snapshots) != len(trace.events) or not snapshots:
        return [f"{len(snapshots)} looks, {len(trace.events)} events; {done.stderr.decode()}"], done
    state = State()
    found = []
    if trace.mark == "end" and (done.stdout, done.status) != (plain.stdout, plain.status):
        found.append(f"the traced run differs from the plain one: {done.stdout!r}, {done.stderr!r}")
    for number, (event, truth) in enumerate(zip(trace.events, snapshots, strict=True)):
        for change in event.changes:
            state.apply(change)
        seen = _replayed_view(state, event)
        if not _agree(seen, truth):
            found.append(f"event {number} {event.kind} {event.span}: replayed {seen}, true {truth}")
        state.enter(event)
    return found, done


def _replayed_view(state: State, event: Event) -> list[tuple[str, Any]]:
    replayed = _Replayed(state)
    seen = _visible(state.frames[0].names, replayed.describe)
    if event.frame and event.kind not in ("call", "resume"):
        seen += _visible(state.frames[event.frame].names, replayed.describe)
    return seen
