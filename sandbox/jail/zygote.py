"""The zygote Z: a warm interpreter that forks one process after another and never sees a job's data."""

import builtins
import contextlib
import ctypes
import gc
import importlib
import json
import marshal
import os
import pkgutil
import signal
import socket
import sys
import types
from collections.abc import Callable, Iterator
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from typing import NoReturn

from . import scratch
from .birth import Fork, become_oom_victim
from .landlock import Landlock
from .seccomp import Filter, common_filter

CHANNEL_FD = 3

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
_REHEARSAL_INPUT = b"3 5\n1 2 3 4 5\n2 3 4 5 6\n7 8 9 10 11\n"
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


class _WithOwnBuiltins(SourceFileLoader):
    """Gives each module builtins of its own, which nothing changes that a program does to the interpreter's."""

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__["__builtins__"] = dict(builtins.__dict__)
        super().exec_module(module)


def _import_tracer() -> None:
    """Import all of the tracer, whatever the jobs may need of it."""
    import tracer

    loaders = ((ExtensionFileLoader, EXTENSION_SUFFIXES), (_WithOwnBuiltins, SOURCE_SUFFIXES))
    for folder in tracer.__path__:
        sys.path_importer_cache[folder] = FileFinder(folder, *loaders)
    for module in pkgutil.walk_packages(tracer.__path__, "tracer."):
        importlib.import_module(module.name)
    for folder in tracer.__path__:
        # The finder leads to what must not be found.
        del sys.path_importer_cache[folder]


def _warm_up(hash_seed: int) -> None:
    # `random` and `threading` put themselves in order after a fork, which dirties more memory than a
    # small job does. A job seeds `random` anyway, and is forked by the one thread there is.
    hooks, os.register_at_fork = os.register_at_fork, lambda **_: None
    for name in _PRELOADED:
        importlib.import_module(name)
    os.register_at_fork = hooks
    _import_tracer()
    import tracer.program

    rehearsal = _REHEARSAL | {"hash_seed": hash_seed, "kind": "stdin"}
    for _ in range(_REHEARSALS):
        tracer.program.prepare_program(rehearsal | {"traced": True})
    # `site` is off for speed and safety, but programs end with exit() and quit().
    site = importlib.import_module("site")
    site.setquit()
    assert hasattr(builtins, "exit")
    for _ in range(_REHEARSALS):
        _rehearse(rehearsal | {"traced": False})
    with _pipes_for_streams(b""):
        tracer.program.lay_ready(hash_seed)


@contextlib.contextmanager
def _pipes_for_streams(stdin: bytes) -> Iterator[int]:
    """Descriptors 0 to 2 as a plain run has them, and one for its report; nothing is left of them afterwards."""
    read, write = os.pipe()
    os.write(write, stdin)
    os.close(write)
    taken, given = os.pipe()
    before = [os.dup(target) for target in range(3)]
    for target, fd in enumerate((read, given, given)):
        os.dup2(fd, target)
    try:
        yield given
    finally:
        for target, fd in enumerate(before):
            os.dup2(fd, target)
        for fd in (read, taken, given, *before):
            os.close(fd)


def _rehearse(spec: dict[str, object]) -> None:
    """Run a program of our own like a job, so that jobs find the interpreter in its stride."""
    import tracer.program

    with _pipes_for_streams(_REHEARSAL_INPUT) as report:
        prepared = tracer.program.prepare_program(spec)
        tracer.program.run_prepared(prepared, None, report, rehearsal=True)


def serve(channel: socket.socket, become: Callable[[tuple[int, ...], list[int]], NoReturn]) -> None:
    """Fork a child that does `become` for every order that arrives with its descriptors, until none order any more.

    The children are the supervisor's to wait for; the answer to an order is the child's number.
    """
    fork = Fork()
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, 1 << 12, 8)
        if not message:
            return
        pid = fork()
        if pid == 0:
            become(marshal.loads(message), descriptors)
        for fd in descriptors:
            os.close(fd)
        channel.send(str(pid).encode())


def main() -> None:
    """Entry point: `argv[1]` is the number of the descriptor that leads to the supervisor, `argv[2]` its settings."""
    channel = socket.socket(fileno=os.dup2(int(sys.argv[1]), CHANNEL_FD))
    os.closerange(CHANNEL_FD + 1, os.sysconf("SC_OPEN_MAX"))
    settings = json.loads(sys.argv[2])
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _warm_up(settings["hash_seed"])
    from .job import Roles, limit_all_jobs

    become_oom_victim()
    if settings["uid"] is not None:
        os.setgroups([])
    limit_all_jobs()
    if settings["readable"] is not None:
        Landlock(settings["readable"], [scratch.FOLDER] if settings["scratch"] else []).restrict()
    Filter(common_filter(shared_uid=settings["uid"] is None)).install()
    roles = Roles(settings["uid"])
    os.environ.clear()
    os.environ.update({"HOME": "/", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"})
    sys.argv = [""]
    gc.collect()
    gc.freeze()
    channel.send(b"warm")
    serve(channel, roles.become)
