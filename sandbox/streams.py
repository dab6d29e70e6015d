"""Byte streams to a jail: a plain socket, and the engine's, which mixes the container's output and errors."""

import contextlib
import select
import socket
import struct
import time

_PIECE = 1 << 18
_HEAD = struct.Struct(">BxxxI")
_STDOUT = 1
_SAID = 64 << 10


class SocketStream:
    """A connected socket, read by exact counts."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all of it. Raises OSError."""
        self.connection.settimeout(timeout_s)
        self.connection.sendall(data)

    def receive_exactly(self, count: int, timeout_s: float) -> bytes:
        """The next so many bytes. Raises OSError, and EOFError when the other end has hung up."""
        return self._take(count, time.monotonic() + timeout_s)

    def _take(self, count: int, deadline: float) -> bytes:
        parts = []
        while count:
            self.connection.settimeout(max(0.001, deadline - time.monotonic()))
            part = self.connection.recv(min(count, _PIECE))
            if not part:
                raise EOFError("the jail hung up")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def is_readable(self) -> bool:
        """Whether something waits to be read, or the end has come."""
        poller = select.poll()
        poller.register(self.connection, select.POLLIN)
        return bool(poller.poll(0))

    def close(self) -> None:
        """Hang up."""
        self.connection.close()


class EngineStream(SocketStream):
    """The stream of an attached container, in which each piece is marked as output or errors.

    Attributes:
        said: the end of what came as errors.
    """

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self._ahead = bytearray()
        self.said = b""

    def receive_exactly(self, count: int, timeout_s: float) -> bytes:
        """The next so many bytes of output. Raises OSError, and EOFError when the container has ended."""
        deadline = time.monotonic() + timeout_s
        while len(self._ahead) < count:
            self._read_piece(deadline)
        data = bytes(self._ahead[:count])
        del self._ahead[:count]
        return data

    def _read_piece(self, deadline: float) -> None:
        stream, length = _HEAD.unpack(self._take(_HEAD.size, deadline))
        data = self._take(length, deadline)
        if stream == _STDOUT:
            self._ahead += data
        else:
            self.said = (self.said + data)[-_SAID:]

    def hears_output(self, timeout_s: float) -> bool:
        """Read one piece; whether there is output to receive now. Raises like `receive_exactly`."""
        self._read_piece(time.monotonic() + timeout_s)
        return bool(self._ahead)

    def read_rest(self, timeout_s: float) -> None:
        """Ask the container to end, and take what it still says, waiting no longer than that."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + timeout_s
        try:
            while True:
                self._read_piece(deadline)
        except (OSError, EOFError):
            return
