"""Slot numbers that no two jails of this machine share, whoever started them."""

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path

from sandbox.config import SandboxUnavailable

_FIRST_UID = 20_000
_SLOTS = 4_000


class SlotNumber:
    """A number held by a locked file for as long as this object is open, and past no process's death.

    Process limits count per uid over the whole host and a job may signal its own uid, so a jail's
    uid must be nobody else's.
    """

    def __init__(self) -> None:
        folder = Path(tempfile.gettempdir()) / "nlex-slots"
        folder.mkdir(exist_ok=True)
        with contextlib.suppress(OSError):
            folder.chmod(0o1777)
        for number in range(_SLOTS):
            try:
                fd = os.open(folder / str(number), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
            except OSError:
                continue
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(fd)
                continue
            self.number, self._fd = number, fd
            return
        raise SandboxUnavailable(f"no free slot among {_SLOTS}: look into {folder}")

    @property
    def uid(self) -> int:
        """The user number of this slot's jobs."""
        return _FIRST_UID + self.number

    def close(self) -> None:
        """Give the number back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
