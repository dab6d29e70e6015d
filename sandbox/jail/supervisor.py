"""The supervisor S: process 1 of a jail, owner of frames, clocks, pipes and every piece of evidence.

It answers each request frame with one response frame an input. It keeps no state of a job, decides no
verdict (the host does, from the evidence) and ends when its client hangs up.
"""

import contextlib
import ctypes
import json
import marshal
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

from .cgroup import memory_bytes, oom_kills
from .children import SETUP_S, Forker, HeldProgram, JailError, Zygote, own_children, waited_for_cpu_s
from .frames import encode_frame, read_frame
from .pump import Streams, open_streams, write_whole

_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36
_MOST_WAITING = 9
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Supervisor:
    """One jail: jobs run one at a time under `settings["uid"]` (None: the supervisor's own)."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.uid: int | None = settings["uid"]
        self.zygotes: dict[int, Zygote] = {}
        self.oom_kills = oom_kills()

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

    def _zygote(self, hash_seed: int) -> Zygote:
        if hash_seed not in self.zygotes:
            self.zygotes[hash_seed] = Zygote(hash_seed, self.settings)
        return self.zygotes[hash_seed]

    def answer(self, request: dict[str, Any], blocks: list[bytes]) -> Iterator[bytes]:
        """The response frames to one request."""
        if request["verb"] == "health":
            yield encode_frame(self._health())
            return
        spec, *inputs = blocks
        zygote = self._zygote(request["hash_seed"])
        program = os.memfd_create("program")
        try:
            write_whole(program, marshal.dumps(json.loads(spec)))
            if len(inputs) == 1:
                evidence, outputs = self._run_one(zygote, request, [program], 0, inputs[0])
                if evidence["stopped"]:
                    self._see_who_is_left()
                yield encode_frame(evidence, outputs)
            else:
                yield from self._run_all(zygote, request, program, inputs)
        finally:
            os.close(program)

    def _health(self) -> dict[str, Any]:
        """Memory of everything in here but jobs, and the kernel that answers."""
        counted = memory_bytes() if self.settings["counted"] else None
        if counted is None:
            counted = 0
            for pid in ("self", *(zygote.pid for zygote in self.zygotes.values())):
                with contextlib.suppress(OSError), open(f"/proc/{pid}/statm") as file:
                    counted += int(file.read().split()[1]) * _PAGE
        kernel = os.uname()
        return {
            "memory_bytes": counted,
            "kernel": f"{kernel.sysname} {kernel.release} {kernel.version}",
            "guards": self.settings["guards"],
        }

    def _order(self, request: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {key: request[key] for key in ("cpu_s", "memory_bytes", "file_bytes")} | {"uid": self.uid} | more

    def _run_all(self, zygote: Zygote, request: dict[str, Any], program: int, inputs: list[bytes]) -> Iterator[bytes]:
        """Compile once and fork a job for each input; the first that has to be killed is the last to run."""
        held = HeldProgram(zygote, self._order(request, role="program"), program)
        try:
            failure, compile_s = self._compiled(held, zygote, request["wall_s"])
            if failure is not None:
                failure["stopped"] = bool(failure["setup_error"])
                for _ in inputs[:1] if failure["stopped"] else inputs:
                    yield encode_frame(failure, [b"", b"", b""])
                return
            for index, stdin in enumerate(inputs):
                evidence, outputs = self._run_one(held, request, [], index, stdin)
                evidence["cpu_s"] += compile_s
                yield encode_frame(evidence, outputs)
                if evidence["stopped"]:
                    return
        finally:
            held.end()
            self._see_who_is_left()

    def _run_one(
        self, forker: Forker, request: dict[str, Any], first: list[int], index: int, stdin: bytes
    ) -> tuple[dict[str, Any], list[bytes]]:
        """One job to its end: the evidence, `stopped` if anything had to be killed, and its outputs."""
        with self._as_owner():
            streams = open_streams(captured=request["traced"])
        with contextlib.closing(streams):
            streams.begin(request, stdin)
            pid = forker.start(self._order(request, role="job", index=index), [*first, *streams.theirs])
            streams.hand_over()
            evidence = self._watch(forker, pid, streams, request["wall_s"])
            harmless = evidence["signal"] is None and not evidence["reason"] and not evidence["setup_error"]
            return evidence | {"stopped": not harmless}, streams.taken()

    def _see_who_is_left(self) -> None:
        """Nobody but the zygotes may outlive a job; forks are refused, so somebody else is a guard that failed."""
        children = own_children()
        if children is not None and children - {zygote.pid for zygote in self.zygotes.values()}:
            raise JailError("a job left processes behind")

    def _compiled(self, held: HeldProgram, zygote: Zygote, wall_s: float) -> tuple[dict[str, Any] | None, float]:
        """Wait for a program to be compiled: what went wrong, if anything, and the CPU seconds it took."""
        began = time.monotonic()
        poller = select.poll()
        for fd in (held.channel.fileno(), zygote.channel.fileno(), 0):
            poller.register(fd, select.POLLIN)
        ready = {fd for fd, _ in poller.poll(wall_s * 1000)}
        if 0 in ready:
            raise JailError("the client hung up")
        said = b""
        if held.channel.fileno() in ready:
            said = held.channel.recv(1 << 16)
        if said.startswith(b"+"):
            return None, float(said[1:])
        reason = "" if ready else "timeout"
        return self._evidence(said.decode(errors="replace"), reason, held.end(), began), 0.0

    def _evidence(self, setup_error: str, reason: str, usage: tuple[int, float, int], began: float) -> dict[str, Any]:
        status, cpu_s, max_rss_bytes = usage
        killed = 0
        if os.WIFSIGNALED(status) and not reason:
            total = oom_kills()
            killed, self.oom_kills = total - self.oom_kills, total
        return {
            "setup_error": setup_error,
            "reason": reason,
            "exit_code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            "cpu_s": cpu_s,
            "wall_s": time.monotonic() - began,
            "max_rss_bytes": max_rss_bytes,
            "oom_kills": killed,
            "stopped": False,
        }

    def _watch(self, forker: Forker, pid: int, streams: Streams, wall_s: float) -> dict[str, Any]:
        """See one job through to its end and collect the evidence."""
        reason = ""
        began = time.monotonic()
        deadline = began + SETUP_S
        started = False
        channel = forker.channel.fileno()
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
                # A neighbour's load must not be this job's verdict, within reason.
                deadline = began + wall_s + min(waited_for_cpu_s(pid), _MOST_WAITING * wall_s)
            if now >= deadline:
                reason = "timeout"
            elif streams.over:
                reason = "output_limit"
            if reason:
                # Recorded before the kill: the signal that follows is ours and proves nothing.
                os.kill(pid, signal.SIGKILL)
                deadline = now + SETUP_S
        forker.hear()
        streams.finish()
        if not reason and streams.over:
            reason = "output_limit"
        said = streams.armed.kept.decode(errors="replace")
        setup_error = "" if said == "+" else said or "the job never started"
        return self._evidence(setup_error, reason, forker.reap(), began)


def _read_exactly(count: int) -> bytes:
    buffer = bytearray()
    while len(buffer) < count:
        chunk = os.read(0, min(count - len(buffer), 1 << 20))
        if not chunk:
            raise EOFError("the client hung up")
        buffer += chunk
    return bytes(buffer)


def main() -> None:
    """Entry point: `argv[1]` is JSON, the settings of the jail.

    They are `uid` (of the jobs; null for the supervisor's own), `readable` (folders that Landlock leaves
    readable; null for no Landlock), `counted` (whether the control group in sight is the jail's own) and
    `guards` (what the way in has put up already, for the record).
    """
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    supervisor = Supervisor(json.loads(sys.argv[1]))
    try:
        while True:
            for frame in supervisor.answer(*read_frame(_read_exactly)):
                write_whole(1, frame)
    except EOFError:
        return
    except JailError as error:
        sys.exit(f"jail: {error}")
