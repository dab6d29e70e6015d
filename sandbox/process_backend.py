"""Jails as plain child processes, for machines without a Docker engine; what guards them hangs on the machine.

As root: a root folder of their own, a uid of their own, namespaces where the machine grants them, limits and
the system call filter. As anyone else: limits and the filter, which then also forbids writing files and
signalling other processes; the user's files stay readable to the job.
"""

import contextlib
import fcntl
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from sandbox.config import SandboxUnavailable
from sandbox.image import HOME, PYTHON, image_entries, image_tag
from sandbox.jail.children import FLAGS, START
from sandbox.jail.landlock import landlock_version
from sandbox.jail_client import Room
from sandbox.slot_number import SlotNumber
from sandbox.streams import SocketStream

_SAID = 64 << 10


def cache_folder() -> Path:
    """Where the jails' files are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "nlex"


def jail_root() -> Path:
    """The unpacked image (as root) or just the part that runs beside a job; made at first need."""
    whole = os.geteuid() == 0
    version = image_tag().partition(":")[2]
    root = cache_folder() / f"{'root' if whole else 'home'}-{version}"
    cache_folder().mkdir(parents=True, exist_ok=True)
    with open(cache_folder() / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            unpack(root, whole)
    return root


def unpack(root: Path, whole: bool) -> None:
    """Lay out the image's tree at `root`, all of it or just what runs beside a job; all at once or not at all."""
    partial = Path(tempfile.mkdtemp(dir=root.parent, prefix="partial-"))
    try:
        for name, content, mode, modified in image_entries():
            if not whole and not name.startswith(HOME):
                continue
            path = partial / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)
            os.utime(path, (modified, modified))
        if whole:
            for folder in ("tmp", "proc", "dev"):
                (partial / folder).mkdir(exist_ok=True)
            _make_devices(partial / "dev")
        for folder, _, _ in os.walk(partial):
            os.chmod(folder, 0o755)
        partial.rename(root)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _make_devices(folder: Path) -> None:
    for name, major, minor in (("null", 1, 3), ("zero", 1, 5), ("urandom", 1, 9), ("random", 1, 8)):
        path = folder / name
        try:
            os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(major, minor))
        except OSError:
            path.touch()  # no device may be made here: an empty file serves as /dev/null for reading
        path.chmod(0o666 if stat.S_ISCHR(path.stat().st_mode) else 0o644)
    for name, target in (("stdin", "0"), ("stdout", "1"), ("stderr", "2")):
        (folder / name).symlink_to(f"/proc/self/fd/{target}")


def _interpreter_folders(home: Path) -> list[str]:
    """What a job must be able to read where it shares this machine's file tree: its interpreter and ours beside it."""
    library = sysconfig.get_paths()
    own = [str(home), sys.base_prefix, sys.base_exec_prefix, library["stdlib"], library["platstdlib"]]
    return [*own, "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/proc", "/dev"]


class ProcessJail:
    """One supervisor with its zygotes as child processes; they end when this process does."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.host_kernel = os.uname().release
        if not sys.platform.startswith("linux"):
            raise SandboxUnavailable("the process sandbox needs Linux: use `--sandbox docker` here")
        root = jail_root()
        self._slot = SlotNumber()
        settings: dict[str, Any] = {"uid": None, "readable": None, "counted": False, "meeting": None}
        settings |= {"guards": [], "scratch": False}
        if os.geteuid() == 0:
            settings["uid"] = self._slot.uid
            enter = START.format(path=str(root) + HOME, module="enter")
            arguments = [str(root), PYTHON, HOME, str(room.scratch_bytes), json.dumps(settings)]
        else:
            if landlock_version():
                settings |= {"readable": _interpreter_folders(root), "guards": ["landlock"]}
            enter = START.format(path=str(root) + HOME, module="supervisor")
            arguments = [json.dumps(settings)]
        mine, theirs = socket.socketpair()
        self._stream = SocketStream(mine)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the jail
        with theirs:
            self._process = subprocess.Popen(
                [os.path.realpath(sys.executable), *FLAGS, "-c", enter, *arguments],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=self._said,
                env={"LANG": "C.UTF-8"},
                cwd="/",
            )

    def send(self, data: bytes, timeout_s: float) -> None:
        self._stream.send(data, timeout_s)

    def receive_exactly(self, count: int, timeout_s: float) -> bytes:
        return self._stream.receive_exactly(count, timeout_s)

    def has_stirred(self) -> bool:
        return self._stream.is_readable()

    def close(self) -> str:
        """Hang up, which ends the supervisor; the kill is for one that is stuck."""
        self._stream.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(OSError):
                self._process.kill()
            self._process.wait()
        self._said.seek(0)
        said = self._said.read()[-_SAID:]
        self._said.close()
        self._slot.close()
        return said.decode(errors="replace").strip()
