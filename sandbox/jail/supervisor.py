"""The supervisor S: process 1 of a jail, owner of frames, clocks, pipes and every piece of evidence.

It answers each request frame with one response frame. It keeps no state of a job, decides no verdict
(the host does, from the evidence) and ends when its client hangs up.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from .frames import encode_frame, read_frame
from .pump import Streams, open_streams

_SETUP_S = 60.0
_PR_SET_DUMPABLE = 4
_OOM_COUNTERS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
START = "import sys; sys.path.append({path!r}); from jail.{module} import main; main()"
FLAGS = ("-S", "-s", "-P", "-B", "-X", "utf8")


class JailError(Exception):
    """The jail itself is broken; the supervisor ends and the client replaces it."""


def _oom_kills() -> int:
    for path in _OOM_COUNTERS:
        with contextlib.suppress(OSError), open(path) as file:
            for line in file:
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    return 0


class Zygote:
    """The supervisor's end of one zygote: a process and the socket that orders jobs from it."""

    def __init__(self, hash_seed: int) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        start = START.format(path=os.path.dirname(os.path.dirname(__file__)), module="zygote")
        with theirs:
            subprocess.Popen(
                [sys.executable, *FLAGS, "-c", start, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={"PYTHONHASHSEED": str(hash_seed), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
                cwd="/",
            )
        self.channel.settimeout(_SETUP_S)
        self.hear()

    def hear(self) -> bytes:
        """The zygote's next message. Raises JailError when it is gone or silent."""
        try:
            message = self.channel.recv(1 << 16)
        except TimeoutError as error:
            raise JailError("the zygote is silent") from error
        if not message:
            raise JailError("the zygote is gone")
        return message

    def start(self, order: dict[str, Any], descriptors: list[int]) -> int:
        """Start a job with these descriptors; its process number."""
        socket.send_fds(self.channel, [json.dumps(order).encode()], descriptors)
        return int(self.hear())

    def reap(self) -> tuple[int, float, int]:
        """Let the zygote reap an ended job: wait status, CPU seconds, peak resident bytes."""
        self.channel.send(b"reap")
        status, cpu_s, max_rss_bytes = json.loads(self.hear())
        return status, cpu_s, max_rss_bytes


class Supervisor:
    """One jail: jobs run one at a time under `uid` (None: the supervisor's own)."""

    def __init__(self, uid: int | None) -> None:
        self.uid = uid
        self.zygotes: dict[int, Zygote] = {}
        self.oom_kills = _oom_kills()

    @contextlib.contextmanager
    def _as_owner(self) -> Iterator[None]:
        """Pipes made in here belong to the job's uid, or it could not open /dev/stdin."""
        if self.uid is None:
            yield
            return
        os.seteuid(self.uid)
        try:
            yield
        finally:
            os.seteuid(0)

    def run(self, request: dict[str, Any], stdin: bytes) -> bytes:
        """Run one job; the response frame."""
        seed = request["program"]["hash_seed"]
        if seed not in self.zygotes:
            self.zygotes[seed] = Zygote(seed)
        zygote = self.zygotes[seed]
        with self._as_owner():
            streams = open_streams(captured=request["program"]["traced"])
        with contextlib.closing(streams):
            streams.begin(request, stdin)
            order = {key: request[key] for key in ("cpu_s", "memory_bytes", "file_bytes")} | {"uid": self.uid}
            pid = zygote.start(order, streams.theirs)
            streams.hand_over()
            evidence = self._watch(zygote, pid, streams, request["wall_s"])
            return encode_frame(evidence, streams.taken())

    def _watch(self, zygote: Zygote, pid: int, streams: Streams, wall_s: float) -> dict[str, Any]:
        """See one job through to its end and collect the evidence."""
        reason = ""
        began = time.monotonic()
        deadline = began + _SETUP_S
        started = False
        channel = zygote.channel.fileno()
        while True:
            ready = streams.serve([channel, 0], deadline - time.monotonic())
            now = time.monotonic()
            if 0 in ready:
                os.kill(pid, signal.SIGKILL)
                raise JailError("the client hung up")
            if not started and streams.armed.kept:
                started = True
                began, deadline = now, now + wall_s
            if channel in ready:
                break
            if now >= deadline and (reason or not started):
                raise JailError("the job cannot be killed" if reason else "the job was not set up in time")
            if reason:
                continue
            if now >= deadline:
                reason = "timeout"
            elif streams.over:
                reason = "output_limit"
            if reason:
                # Recorded before the kill: the signal that follows is ours and proves nothing.
                os.kill(pid, signal.SIGKILL)
                deadline = now + _SETUP_S
        ended = time.monotonic()
        zygote.hear()
        streams.finish()
        if not reason and streams.over:
            reason = "output_limit"
        status, cpu_s, max_rss_bytes = zygote.reap()
        oom_kills = 0
        if os.WIFSIGNALED(status) and not reason:
            total = _oom_kills()
            oom_kills, self.oom_kills = total - self.oom_kills, total
        said = streams.armed.kept.decode(errors="replace")
        return {
            "setup_error": "" if said == "+" else said or "the job never started",
            "reason": reason,
            "exit_code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            "cpu_s": cpu_s,
            "wall_s": ended - began,
            "max_rss_bytes": max_rss_bytes,
            "oom_kills": oom_kills,
        }


def _read_exactly(count: int) -> bytes:
    buffer = bytearray()
    while len(buffer) < count:
        chunk = os.read(0, min(count - len(buffer), 1 << 20))
        if not chunk:
            raise EOFError("the client hung up")
        buffer += chunk
    return bytes(buffer)


def _write_all(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view[: 1 << 20]) :]


def main() -> None:
    """Entry point: `argv[1]` is the jobs' uid, or `-` for the supervisor's own."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    supervisor = Supervisor(None if sys.argv[1] == "-" else int(sys.argv[1]))
    try:
        while True:
            request, blocks = read_frame(_read_exactly)
            _write_all(supervisor.run(request, blocks[0]))
    except EOFError:
        return
    except JailError as error:
        sys.exit(f"jail: {error}")
