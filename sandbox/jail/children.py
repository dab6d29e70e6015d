"""The supervisor's end of the processes that fork jobs: the zygotes, and those that hold a compiled program."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from typing import Any

SETUP_S = 60.0
START = "import sys; sys.path.append({path!r}); from jail.{module} import main; main()"
FLAGS = ("-S", "-s", "-P", "-B", "-X", "utf8")


class JailError(Exception):
    """The jail itself is broken; the supervisor ends and the client replaces it."""


class Forker:
    """A process that forks a job for each order on its channel, and reaps it when told to."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.channel.settimeout(SETUP_S)

    def hear(self) -> bytes:
        """Its next message. Raises JailError when it is gone or silent."""
        try:
            message = self.channel.recv(1 << 16)
        except TimeoutError as error:
            raise JailError("the process that forks jobs is silent") from error
        if not message:
            raise JailError("the process that forks jobs is gone")
        return message

    def start(self, order: dict[str, Any], descriptors: list[int]) -> int:
        """Start a job with these descriptors; its process number."""
        socket.send_fds(self.channel, [json.dumps(order).encode()], descriptors)
        return int(self.hear())

    def reap(self) -> tuple[int, float, int]:
        """Let it reap an ended job: wait status, CPU seconds, peak resident bytes."""
        self.channel.send(b"reap")
        status, cpu_s, max_rss_bytes = json.loads(self.hear())
        return status, cpu_s, max_rss_bytes


class Zygote(Forker):
    """A warm interpreter with one hash seed."""

    def __init__(self, hash_seed: int, settings: dict[str, Any]) -> None:
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        start = START.format(path=os.path.dirname(os.path.dirname(__file__)), module="zygote")
        with theirs:
            self.pid = subprocess.Popen(
                [sys.executable, *FLAGS, "-c", start, str(theirs.fileno()), json.dumps(settings)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={"PYTHONHASHSEED": str(hash_seed), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
                cwd="/",
            ).pid
        super().__init__(mine)
        self.hear()


class HeldProgram(Forker):
    """A process, forked by a zygote, that has compiled a program and forks a job for each of its inputs."""

    def __init__(self, zygote: Zygote, order: dict[str, Any], spec: int) -> None:
        self._zygote = zygote
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(mine)
        with theirs:
            self.pid = zygote.start(order, [spec, theirs.fileno()])
        self.ended: tuple[int, float, int] | None = None

    def end(self) -> tuple[int, float, int]:
        """End it, if it has not; its wait status, CPU seconds and peak resident bytes."""
        if self.ended is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._zygote.hear()
            self.ended = self._zygote.reap()
            self.channel.close()
        return self.ended


def own_children() -> set[int] | None:
    """Numbers of this process's living children, orphans that came to it included; None where no kernel file tells."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return set(map(int, file.read().split()))
    except OSError:
        return None


def waited_for_cpu_s(pid: int) -> float:
    """Seconds that a process's threads were ready and had no processor, at most of any one; 0 where no file tells."""
    longest = 0
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                longest = max(longest, int(file.read().split()[1]))
    return longest / 1e9
