"""The pulse of a worker: a small file that is rewritten each second and says what the worker does and until when."""

import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

PULSE_FOLDER = "pulse"
_BEAT_S = 1.0
SLACK_S = 600.0
"""What anything may take beyond the limits of the programs that it waits for."""

_lock = threading.Lock()
_busy: dict[int, dict[str, Any]] = {}
_beating: set[Path] = set()


def start_pulse(folder: Path) -> None:
    """From now on this process's pulse can be felt in a folder."""
    with _lock:
        if folder in _beating:
            return
        _beating.add(folder)
    folder.mkdir(exist_ok=True)
    threading.Thread(target=_beat, args=(folder,), name="pulse", daemon=True).start()


def _beat(folder: Path) -> None:
    path = folder / f"{platform.node()}-{os.getpid()}.json"
    temporary = path.with_suffix(".tmp")
    beats = 0
    while True:
        beats += 1
        with _lock:
            state = {"node": platform.node(), "pid": os.getpid(), "beats": beats, "busy": list(_busy.values())}
            data = orjson.dumps(state)
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        except OSError:  # a full disk, or a folder that is gone: what is amiss will show elsewhere
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        time.sleep(_BEAT_S)


@contextmanager
def busy(unit: str) -> Iterator[None]:
    """This thread works on a unit."""
    with _lock:
        _busy[threading.get_ident()] = {"unit": unit, "until": time.monotonic() + SLACK_S}
    try:
        yield
    finally:
        with _lock:
            del _busy[threading.get_ident()]


def expect(seconds: float, what: str) -> None:
    """What this thread does next, of the unit that it works on, takes at most so long, and some slack."""
    with _lock:
        mine = _busy.get(threading.get_ident())
        if mine is not None:
            mine |= {"doing": what, "until": time.monotonic() + seconds + SLACK_S}


@dataclass
class _Felt:
    beats: int
    looks: int = 0


class Monitor:
    """Feels the pulses of a build's workers; to be asked about once a second.

    A worker is given up when it has not stirred in `patience` looks (counted, not timed, so that a machine that
    slept or is overloaded condemns nobody), or when one thing that it does takes longer than it ever may.
    """

    def __init__(self, folder: Path, patience: int) -> None:
        self._folder = folder
        self._patience = patience
        self._felt: dict[Path, _Felt] = {}

    def stuck(self) -> tuple[int | None, str] | None:
        """A worker that is stuck: its process, if of this machine, and what to tell a person; None if there is none."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                state = orjson.loads(path.read_bytes())
            except (OSError, orjson.JSONDecodeError):
                continue
            here = state["node"] == platform.node()
            if not state["busy"] or (here and not Path(f"/proc/{state['pid']}").exists()):
                self._felt.pop(path, None)
                continue
            felt = self._felt.setdefault(path, _Felt(state["beats"]))
            if felt.beats != state["beats"]:
                self._felt[path] = felt = _Felt(state["beats"])
            felt.looks += 1
            late = [each for each in state["busy"] if here and each["until"] < time.monotonic()]
            if felt.looks > self._patience or late:
                each = (late or state["busy"])[0]
                doing = f", {each['doing']}" if "doing" in each else ""
                name = f"process {state['pid']}" if here else f"process {state['pid']} on {state['node']}"
                return state["pid"] if here else None, f"a worker is stuck ({name}, unit {each['unit']}{doing})"
        return None
