"""The supervisor's end of the processes that fork jobs: the zygotes, and those that hold a compiled program."""

import contextlib
import json
import marshal
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
    """A process that forks a job, which becomes the caller's child, for each order on its channel."""

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

    def start(self, order: tuple[int, ...], descriptors: list[int]) -> int:
        """Start a job with these descriptors; its process number. Raises JailError when that fails."""
        try:
            socket.send_fds(self.channel, [marshal.dumps(order)], descriptors)
        except OSError as error:
            raise JailError("the process that forks jobs is gone") from error
        return int(self.hear())


def reap(pid: int, options: int = 0) -> tuple[int, float, int] | None:
    """A child's wait status, CPU seconds and peak resident bytes; None, with WNOHANG, while it lives."""
    ended, status, usage = os.wait4(pid, options)
    return (status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024) if ended else None


class Zygote(Forker):
    """A warm interpreter with one hash seed."""

    def __init__(self, hash_seed: int, settings: dict[str, Any]) -> None:
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        start = START.format(path=os.path.dirname(os.path.dirname(__file__)), module="zygote")
        settings = settings | {"hash_seed": hash_seed}
        with theirs:
            self.pid = subprocess.Popen(
                [sys.executable, *FLAGS, "-c", start, str(theirs.fileno()), json.dumps(settings)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={"PYTHONHASHSEED": str(hash_seed), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "LD_BIND_NOW": "1"},
                cwd="/",
            ).pid
        super().__init__(mine)
        self.hear()


class HeldProgram(Forker):
    """A process, forked by a zygote, that has compiled a program and forks a job for each of its inputs."""

    def __init__(self, zygote: Zygote, order: tuple[int, ...], spec: int) -> None:
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(mine)
        with theirs:
            self.pid = zygote.start(order, [spec, theirs.fileno()])
        self._ended: tuple[int, float, int] | None = None

    def end(self) -> tuple[int, float, int]:
        """End it, if it has not; its wait status, CPU seconds and peak resident bytes."""
        if self._ended is None:
            os.kill(self.pid, signal.SIGKILL)
            self._ended = reap(self.pid)
            assert self._ended is not None
            self.channel.close()
        return self._ended


def own_children() -> set[int] | None:
    """Numbers of this process's living children, orphans that came to it included; None where no kernel file tells."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return set(map(int, file.read().split()))
    except OSError:
        return None


def waited_for_cpu_s(pid: int) -> float:
    """Seconds that a process's threads were ready and had no processor, all together; 0 where no file tells.

    Of Python's threads one runs at a time, so that where many take turns, each waits for a part of it.
    """
    waited = 0
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                waited += int(file.read().split()[1])
    return waited / 1e9
