"""The zygote Z: a warm interpreter that forks one process after another and never sees a job's data."""

import builtins
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

_PRELOADED = (
    "ast",
    "bisect",
    "collections",
    "copy",
    "dataclasses",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "heapq",
    "io",
    "itertools",
    "json",
    "math",
    "operator",
    "random",
    "re",
    "statistics",
    "string",
    "threading",
    "traceback",
    "typing",
)
_REHEARSALS = 10
"""Functions that have run this often are specialised by the interpreter, which a job would have to do anew."""
_REHEARSAL = {
    "code": """
import sys
from collections import defaultdict

class Node:
    def __init__(self, value, left=None):
        self.value, self.left = value, left

def walk(items, *rest, start=0, **named):
    total = start
    for at, item in enumerate(items):
        if item % 2 == 0 and at not in named:
            total += item * at
        elif not rest or item < -1:
            continue
        else:
            total -= rest[at - 1]
    while total > 100:
        total //= 2
    return total

def main():
    read = sys.stdin.readline
    n, m = map(int, read().split())
    rows = [[int(word) for word in read().split()] for _ in range(n)]
    seen = {key: set() for key in range(m)}
    counts = defaultdict(int)
    for row in rows:
        for a, b in zip(row, row[1:]):
            counts[a, b] += 1
            seen[a % m].add(b)
    try:
        best = max(counts.values(), key=lambda value: -value)
        node = Node(best, None)
        node.value += walk(rows[0], *rows[1][:2], start=1)
        print(f"{best}: {node.value}", *sorted(seen[0]), sep=", ")
    except (ValueError, KeyError) as error:
        print("no" if n else "none", str(error))
    with open(0) as file:
        del rows[0]
        assert n > 0, "n"
    return best if n else None

if __name__ == "__main__":
    main()
""",
    "prelude": "",
    "setup": "",
    "probe": "full",
}
"""A program with something of everything, to compile and instrument and never to run."""
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4


def _warm_up() -> None:
    # `random` and `threading` put themselves in order after a fork, which dirties more memory than a
    # small job does. A job seeds `random` anyway, and is forked by the one thread there is.
    hooks, os.register_at_fork = os.register_at_fork, lambda **_: None
    for name in _PRELOADED:
        importlib.import_module(name)
    os.register_at_fork = hooks
    import tracer.program

    for module in pkgutil.walk_packages(tracer.__path__, "tracer."):
        importlib.import_module(module.name)
    for traced in (True, False):
        for _ in range(_REHEARSALS):
            tracer.program.prepare_program(_REHEARSAL | {"traced": traced})
    # `site` is off for speed and safety, but programs end with exit() and quit().
    site = importlib.import_module("site")
    site.setquit()
    assert hasattr(builtins, "exit")


def serve(channel: socket.socket, become: Callable[[dict[str, Any], list[int]], NoReturn]) -> None:
    """Fork a child that does `become` for every order that arrives with its descriptors, until none order any more."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, 1 << 16, 8)
        if not message:
            return
        order: dict[str, Any] = json.loads(message)
        pid = os.fork()
        if pid == 0:
            become(order, descriptors)
        for fd in descriptors:
            os.close(fd)
        channel.send(str(pid).encode())
        # The child stays a zombie until the supervisor has heard: its kill can never hit a recycled pid.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        channel.send(b"ended")
        channel.recv(16)
        _, status, usage = os.wait4(pid, 0)
        cpu_s = usage.ru_utime + usage.ru_stime
        channel.send(json.dumps([status, cpu_s, usage.ru_maxrss * 1024]).encode())


def main() -> None:
    """Entry point: `argv[1]` is the number of the descriptor that leads to the supervisor, `argv[2]` its settings."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(sys.argv[2])
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _warm_up()
    from .job import Roles

    roles = Roles(settings)
    os.environ.clear()
    os.environ.update({"HOME": "/", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"})
    sys.argv = [""]
    gc.collect()
    gc.freeze()
    channel.send(b"warm")
    serve(channel, roles.become)
