"""Landlock: leaves a process some folders to read, and none or few to write. Kernel 5.13 and newer."""

import ctypes
import os
import platform
import struct

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # one number on every architecture
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_FILE_RIGHTS = (13, 14, 15, 15, 16)
"""How many rights to files the versions 1 to 5 of the interface know."""
_NET_RIGHTS = 0b11
"""Bind and connect of TCP, from version 4 on."""
_SCOPES = 0b11
"""Abstract sockets and signals stay inside, from version 6 on."""
_PR_SET_NO_NEW_PRIVS = 38
_libc = ctypes.CDLL(None, use_errno=True)


def landlock_version() -> int:
    """The interface's version in this kernel; 0 where there is none."""
    if platform.system() != "Linux":
        return 0
    return max(0, int(_libc.syscall(_CREATE, None, 0, _VERSION_FLAG)))


class Landlock:
    """A rule set that leaves folders readable or writable, built once and put in force by each process that must obey.

    Raises OSError where the kernel has no Landlock.
    """

    def __init__(self, readable: list[str], writable: list[str]) -> None:
        version = landlock_version()
        if version == 0:
            raise OSError("this kernel has no Landlock")
        rights = (1 << _FILE_RIGHTS[min(version, len(_FILE_RIGHTS)) - 1]) - 1
        words = [rights]
        if version >= 4:
            words.append(_NET_RIGHTS)
        if version >= 6:
            words.append(_SCOPES)
        attributes = struct.pack(f"={len(words)}Q", *words)
        self._rules = _libc.syscall(_CREATE, attributes, len(attributes), 0)
        if self._rules < 0:
            raise OSError(ctypes.get_errno(), "Landlock refused its rule set")
        for path in readable:
            self._allow(path, _EXECUTE | _READ_FILE | (_READ_FOLDER if os.path.isdir(path) else 0))
        for path in writable:
            self._allow(path, rights & ~_EXECUTE)
        self._allow("/dev/null", _READ_FILE | _WRITE_FILE)

    def _allow(self, path: str, rights: int) -> None:
        try:
            folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return  # what is not there needs no leave
        refused = _libc.syscall(_ADD, self._rules, _PATH_BENEATH, struct.pack("=Qi", rights, folder), 0)
        error = ctypes.get_errno()
        os.close(folder)
        if refused:
            raise OSError(error, f"Landlock refused a rule for {path}")

    def restrict(self) -> None:
        """Put the calling thread, and all it starts, under the rules for good. Raises OSError if refused."""
        _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if _libc.syscall(_RESTRICT, self._rules, 0) != 0:
            raise OSError(ctypes.get_errno(), "Landlock was refused")
