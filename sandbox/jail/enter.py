"""The way into a jail without a Docker engine: leave the machine's files and namespaces, become the supervisor."""

import contextlib
import ctypes
import json
import os
import signal
import sys

from . import scratch
from .children import FLAGS, START
from .landlock import landlock_version

_NEW_NAMESPACES = 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000  # mount pid net ipc uts
_MS_REC_PRIVATE = 0x4000 | 0x40000
_MS_NOTHING = 0x2 | 0x4 | 0x8  # nosuid, nodev, noexec
_PR_SET_PDEATHSIG = 1


def leave_namespaces(root: str, scratch_bytes: int) -> bool:
    """Move this process and its children into namespaces of their own, where the machine grants it.

    There the root folder gets a scratch folder of that size, unless it is 0.

    The caller becomes the child that is process 1 of the new pid namespace; its parent waits, and ends
    with its status. False, and nothing changed, where the machine refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NAMESPACES) != 0:
        return False
    pid = os.fork()
    if pid:
        os.closerange(0, 2)  # the parent must not hold the client's stream open
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.mount(b"none", b"/", None, _MS_REC_PRIVATE, None)
    # Without it /dev/stdin does not open and the kernel's count of a job's processes is hidden, no more.
    libc.mount(b"proc", f"{root}/proc".encode(), b"proc", _MS_NOTHING, None)
    if scratch_bytes:
        options = scratch.mount_options(scratch_bytes).encode()
        if libc.mount(b"tmpfs", f"{root}{scratch.FOLDER}".encode(), b"tmpfs", _MS_NOTHING, options) != 0:
            sys.exit("the scratch folder cannot be mounted")
    return True


def main() -> None:
    """Entry point: `argv[1:]` is the root folder, its python, its home, the scratch folder's size and the settings.

    The settings are the supervisor's. The size is 0 for no scratch folder.
    """
    root, python, home, scratch_bytes, given = sys.argv[1:]
    settings = json.loads(given)
    with contextlib.suppress(OSError):
        if leave_namespaces(root, int(scratch_bytes)):
            settings["guards"].append("namespaces")
            settings["scratch"] = int(scratch_bytes) > 0
    try:
        os.chroot(root)
    except PermissionError:
        sys.exit("root without SYS_CHROOT cannot hold a jail: grant it, or run as another user")
    os.chdir("/")
    settings["guards"].append("user")
    if landlock_version():
        settings["readable"] = ["/"]
        settings["guards"].append("landlock")
    start = START.format(path=home, module="supervisor")
    os.execve(python, [python, *FLAGS, "-c", start, json.dumps(settings)], {"LANG": "C.UTF-8"})
