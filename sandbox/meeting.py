"""Where a container on this machine meets its client: a socket of theirs alone, past the engine's own streams.

The engine passes each byte of an attached container on through two processes of its own, which costs a small job
more than its frames are worth. Where the engine does not share this machine's files, or its runtime lets nobody
connect to the outside, nobody comes to the meeting, and the engine's streams it is.
"""

import contextlib
import os
import select
import shutil
import socket
import tempfile
import time
from pathlib import Path

from sandbox.jail.supervisor import STAYED_AWAY
from sandbox.streams import EngineStream, SocketStream

PLACE = "/nlex.socket"
"""Where the container finds it."""


_PREFIX = "nlex-meeting-"
_FORGOTTEN_S = 3600


def remove_forgotten() -> None:
    """Remove what processes of this user have left that were killed while they waited."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            seen = folder.lstat()
            if seen.st_uid == os.geteuid() and time.time() - seen.st_mtime > _FORGOTTEN_S:
                shutil.rmtree(folder)


class Meeting:
    """A listening socket in a folder that only this user can enter; one comes, and it is gone.

    Attributes:
        path: where it lies on this machine.
    """

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix=_PREFIX)
        self.path = str(Path(self._folder) / "socket")
        self._listener = socket.socket(socket.AF_UNIX)
        try:
            self._listener.bind(self.path)
            # The container's root may be another user out here, and may not act for others in there.
            Path(self.path).chmod(0o666)
            self._listener.listen(1)
        except OSError:
            self.close()
            raise

    def wait(self, engine: EngineStream, timeout_s: float) -> SocketStream:
        """The stream to use from now on: of who came, or the engine's, once the jail says that it cannot come.

        Raises OSError and EOFError like the streams do when the container ends or stays silent.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            ready, _, _ = select.select(
                [self._listener, engine.connection], [], [], max(0.0, deadline - time.monotonic())
            )
            if not ready:
                raise TimeoutError("the container did not come up")
            if self._listener in ready:
                connection, _ = self._listener.accept()
                return SocketStream(connection)
            if engine.hears_output(timeout_s):
                engine.receive_exactly(len(STAYED_AWAY), timeout_s)
                return engine

    def close(self) -> None:
        """Let nobody come any more, and leave nothing behind."""
        self._listener.close()
        with contextlib.suppress(OSError):
            shutil.rmtree(self._folder)
