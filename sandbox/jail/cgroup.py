"""What the kernel counts for the jail as a whole, from either version of control groups."""

import contextlib

FOLDER = "/sys/fs/cgroup"
_OOM_COUNTERS = ("memory.events", "memory/memory.oom_control")
_MEMORY_TABLES = (("memory.stat", ("anon", "kernel", "shmem")), ("memory/memory.stat", ("rss", "shmem")))


def _table(path: str) -> dict[str, int]:
    """The `name count` lines of a file; empty where there is none."""
    rows: dict[str, int] = {}
    with contextlib.suppress(OSError), open(path) as file:
        for line in file:
            name, _, count = line.strip().partition(" ")
            if count.isdigit():
                rows[name] = int(count)
    return rows


def oom_kills(folder: str = FOLDER) -> int:
    """How many processes the kernel has killed in here for want of memory; 0 where nobody counts."""
    return max(_table(f"{folder}/{name}").get("oom_kill", 0) for name in _OOM_COUNTERS)


def memory_bytes(folder: str = FOLDER) -> int | None:
    """Memory in use that is not file cache, or None where there is no control group of the jail's own."""
    for name, rows in _MEMORY_TABLES:
        table = _table(f"{folder}/{name}")
        if table:
            return sum(table.get(row, 0) for row in rows)
    return None
