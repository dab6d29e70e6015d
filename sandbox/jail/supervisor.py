"""The supervisor S: process 1 of a jail, owner of frames, clocks, pipes and every piece of evidence.

It answers each request frame with one response frame an input. It keeps no state of a job, decides no
verdict (the host does, from the evidence) and ends when its client hangs up.
"""

import contextlib
import ctypes
import json
import math
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

from . import scratch
from .cgroup import memory_bytes, oom_kills
from .children import SETUP_S, Forker, HeldProgram, JailError, Zygote, own_children, reap, waited_for_cpu_s
from .frames import Buffer, encode_frame, frame_pieces, read_frame
from .pump import Streams, write_whole

_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36
_MOST_WAITING = 9
_ARMED = b"+"
_HOLD = -1
STAYED_AWAY = b"."
"""What goes out on stdout first where the client waits at a socket that cannot be reached."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


def _bell_of_ended_children() -> int:
    """A descriptor that becomes readable when a child has ended; from here on, for this whole process."""
    bell, ringer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(ringer, warn_on_full_buffer=False)
    # Without a handler of its own, Python would not hear of the signal.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return bell


class Supervisor:
    """One jail: jobs run one at a time under `settings["uid"]` (None: the supervisor's own)."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.uid: int | None = settings["uid"]
        self.zygotes: dict[int, Zygote] = {}
        self.oom_kills = oom_kills()
        self.bell = _bell_of_ended_children()

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

    def answer(self, request: dict[str, Any], blocks: list[bytes]) -> Iterator[Buffer]:
        """The response frames to one request, in pieces."""
        if request["verb"] == "health":
            yield encode_frame(self._health())
            return
        spec, *inputs = blocks
        zygote = self._zygote(request["hash_seed"])
        program = os.memfd_create("program")
        try:
            write_whole(program, spec)
            if len(inputs) == 1:
                evidence, outputs = self._run_one(zygote, request, [program], 0, inputs[0])
                if evidence["stopped"]:
                    self._see_who_is_left()
                yield from frame_pieces(evidence, outputs)
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
            "scratch": self.settings["scratch"],
        }

    def _order(self, request: dict[str, Any], index: int) -> tuple[int, ...]:
        """What to tell a forker: which input (below 0: hold the program), and the limits of one job."""
        limits = max(1, math.ceil(request["cpu_s"])), request["memory_bytes"], request["file_bytes"]
        return index, *limits, int(request["scratch"])

    def _run_all(self, zygote: Zygote, request: dict[str, Any], program: int, inputs: list[bytes]) -> Iterator[Buffer]:
        """Compile once and fork a job for each input; the first that has to be killed is the last to run."""
        held = HeldProgram(zygote, self._order(request, _HOLD), program)
        try:
            failure, compile_s = self._compiled(held, request["wall_s"])
            if failure is not None:
                failure["stopped"] = bool(failure["setup_error"])
                for _ in inputs[:1] if failure["stopped"] else inputs:
                    yield encode_frame(failure, [b"", b"", b""])
                return
            for index, stdin in enumerate(inputs):
                evidence, outputs = self._run_one(held, request, [], index, stdin)
                evidence["cpu_s"] += compile_s
                yield from frame_pieces(evidence, outputs)
                if evidence["stopped"]:
                    return
        finally:
            held.end()
            self._see_who_is_left()

    def _run_one(
        self, forker: Forker, request: dict[str, Any], first: list[int], index: int, stdin: bytes
    ) -> tuple[dict[str, Any], list[Buffer]]:
        """One job to its end: the evidence, `stopped` if anything had to be killed, and its outputs."""
        if not request["scratch"]:
            return self._run_alone(forker, request, first, index, stdin)
        try:
            with scratch.lent(self._as_owner):
                return self._run_alone(forker, request, first, index, stdin)
        except OSError as error:
            raise JailError(f"the scratch folder cannot be emptied: {error}") from error

    def _run_alone(
        self, forker: Forker, request: dict[str, Any], first: list[int], index: int, stdin: bytes
    ) -> tuple[dict[str, Any], list[Buffer]]:
        with self._as_owner():
            streams = Streams(
                captured=request["traced"],
                output_bytes=request["output_bytes"],
                report_bytes=request["report_bytes"],
            )
        with contextlib.closing(streams):
            pid = forker.start(self._order(request, index), [*first, *streams.theirs])
            streams.begin(stdin, [0, self.bell])
            evidence = self._watch(pid, streams, request["wall_s"])
            harmless = evidence["signal"] is None and not evidence["reason"] and not evidence["setup_error"]
            evidence["stopped"] = not harmless
            report = memoryview(streams.report.kept)[len(_ARMED) :]
            return evidence, [streams.stdout.kept, streams.stderr.kept, report]

    def _see_who_is_left(self) -> None:
        """Nobody but the zygotes may outlive a job; forks are refused, so somebody else is a guard that failed."""
        children = own_children()
        if children is not None and children - {zygote.pid for zygote in self.zygotes.values()}:
            raise JailError("a job left processes behind")

    def _compiled(self, held: HeldProgram, wall_s: float) -> tuple[dict[str, Any] | None, float]:
        """Wait for a program to be compiled: what went wrong, if anything, and the CPU seconds it took."""
        began = time.monotonic()
        poller = select.poll()
        for fd in (held.channel.fileno(), 0):
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

    def _watch(self, pid: int, streams: Streams, wall_s: float) -> dict[str, Any]:
        """See one job through to its end and collect the evidence."""
        reason = ""
        began = time.monotonic()
        deadline = began + SETUP_S
        started = False
        while True:
            ready = streams.serve(deadline - time.monotonic())
            now = time.monotonic()
            if 0 in ready:
                os.kill(pid, signal.SIGKILL)
                raise JailError("the client hung up")
            if not started and streams.report.kept:
                started = True
                began, deadline = now, now + wall_s
            if self.bell in ready:
                os.read(self.bell, 64)
                usage = reap(pid, os.WNOHANG)
                if usage is not None:
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
        streams.finish()
        if not reason and streams.over:
            reason = "output_limit"
        said = streams.report.kept
        setup_error = "" if said.startswith(_ARMED) else said.decode(errors="replace") or "the job never started"
        return self._evidence(setup_error, reason, usage, began)


class _Requests:
    """The client's stream, read in large pieces."""

    def __init__(self) -> None:
        self._ahead = b""

    def read_exactly(self, count: int) -> bytes:
        """The next so many bytes. Raises EOFError when the client has hung up."""
        if count > len(self._ahead):
            parts = [self._ahead]
            missing = count - len(self._ahead)
            while missing > 0:
                chunk = os.read(0, max(1 << 16, min(missing, 1 << 20)))
                if not chunk:
                    raise EOFError("the client hung up")
                parts.append(chunk)
                missing -= len(chunk)
            self._ahead = b"".join(parts)
        data, self._ahead = self._ahead[:count], self._ahead[count:]
        return data


def _meet_client(place: str) -> None:
    """Speak with the client over the socket where it waits instead of stdin and stdout, if that can be reached."""
    with socket.socket(socket.AF_UNIX) as meeting:
        try:
            meeting.connect(place)
        except OSError:
            write_whole(1, STAYED_AWAY)
            return
        for target in (0, 1):
            os.dup2(meeting.fileno(), target)


def main() -> None:
    """Entry point: `argv[1]` is JSON, the settings of the jail.

    They are `meeting` (the path of the socket where the client waits; null for stdin and stdout), `uid` (of the
    jobs; null for the supervisor's own), `readable` (folders that Landlock leaves readable; null for no
    Landlock), `scratch` (whether there is a folder to lend to jobs), `counted` (whether the control group in
    sight is the jail's own) and `guards` (what the way in has put up already, for the record).
    """
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    settings = json.loads(sys.argv[1])
    if settings["meeting"] is not None:
        _meet_client(settings["meeting"])
    supervisor, requests = Supervisor(settings), _Requests()
    try:
        while True:
            for piece in supervisor.answer(*read_frame(requests.read_exactly)):
                write_whole(1, piece)
    except EOFError:
        return
    except JailError as error:
        sys.exit(f"jail: {error}")
