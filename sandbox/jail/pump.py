"""The job's pipes as the supervisor sees them: stdin pushed in, stdout, stderr and report drained under caps."""

import contextlib
import fcntl
import os
import select
from dataclasses import dataclass, field

from .frames import Buffer

_CHUNK = 1 << 16
_WIDE = 1 << 20
STDERR_TAIL = 16 << 10


def write_whole(fd: int, data: Buffer) -> None:
    """Write all of it, however little the other end takes at a time."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view[: 1 << 20]) :]


def _widened(pipe: int) -> int:
    """Let a pipe hold more at a time, for what comes in megabytes; how much it holds now."""
    with contextlib.suppress(OSError):
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _WIDE)
    return _CHUNK


@dataclass
class Drain:
    """The reading end of one pipe. `kept` holds at most `cap` bytes (a tail: the last `tail` of them)."""

    fd: int
    cap: int
    tail: int | None = None
    piece: int = _CHUNK
    kept: bytearray = field(default_factory=bytearray)
    seen: int = 0
    open: bool = True

    @property
    def over(self) -> bool:
        """Whether more came than the cap allows."""
        return self.seen > self.cap

    def read(self) -> None:
        """Take what is there, without waiting."""
        try:
            chunk = os.read(self.fd, self.piece)
        except BlockingIOError:
            return
        if not chunk:
            self.open = False
            return
        self.seen += len(chunk)
        self.kept += chunk
        if self.tail is not None:
            del self.kept[: -self.tail]
        else:
            del self.kept[self.cap :]

    def finish(self) -> None:
        """Take what the ended job left behind; nobody writes any more."""
        while self.open and not self.over:
            before = self.seen
            self.read()
            if self.seen == before:
                return


@dataclass
class Feed:
    """The writing end of the job's stdin: a real pipe, fed as the job reads."""

    fd: int
    data: bytes = b""
    at: int = 0
    open: bool = True

    def begin(self, data: bytes) -> None:
        """Lay the data ready; what fits into the pipe is there before anybody reads."""
        self.data = data
        self.write()

    def write(self) -> None:
        """Push what the pipe takes, and close it after the last byte or when nobody reads."""
        try:
            if self.data:
                self.at += os.write(self.fd, memoryview(self.data)[self.at : self.at + _CHUNK])
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.at = len(self.data)
        if self.at >= len(self.data):
            self.close()

    def close(self) -> None:
        """Hang up: the job's next read finds the end."""
        if self.open:
            self.open = False
            os.close(self.fd)


class Streams:
    """Every descriptor of one job.

    An untraced job writes stdout to a pipe; a traced one (`captured`) to a file, whose size tells its
    recorder what was printed. The report begins with what the job said on its way in, a `+` if all is well.

    Attributes:
        theirs: what the job gets: stdin, stdout, stderr, report.
    """

    def __init__(self, *, captured: bool, output_bytes: int, report_bytes: int) -> None:
        """Made of descriptors that belong to whoever the caller is just now."""
        stdin_reader, stdin_writer = os.pipe()
        if captured:
            stdout_reader = os.memfd_create("stdout")
            stdout_writer = os.dup(stdout_reader)
        else:
            stdout_reader, stdout_writer = os.pipe()
        stderr_reader, stderr_writer = os.pipe()
        report_reader, report_writer = os.pipe()
        for fd in (stdin_writer, stdout_reader, stderr_reader, report_reader):
            os.set_blocking(fd, False)
        self.theirs = [stdin_reader, stdout_writer, stderr_writer, report_writer]
        self.stdin = Feed(stdin_writer)
        self.stdout = Drain(stdout_reader, output_bytes)
        self.stderr = Drain(stderr_reader, output_bytes, tail=STDERR_TAIL)
        self.report = Drain(report_reader, report_bytes, piece=_widened(report_writer) if captured else _CHUNK)
        self._drains = (self.stdout, self.stderr, self.report)
        self._captured = captured
        piped = self._drains[1:] if captured else self._drains
        self._reading = {drain.fd: drain for drain in piped}
        self._poller = select.poll()
        for fd in self._reading:
            self._poller.register(fd, select.POLLIN)

    def begin(self, stdin: bytes, others: list[int]) -> None:
        """Lay the input ready, close what the job has now, and listen to `others` too.

        Only the job's own ends decide when its pipes end.
        """
        self.hand_over()
        self.stdin.begin(stdin)
        if self.stdin.open:
            self._poller.register(self.stdin.fd, select.POLLOUT)
        for fd in others:
            self._poller.register(fd, select.POLLIN)

    def hand_over(self) -> None:
        """Close the job's ends here."""
        for fd in self.theirs:
            os.close(fd)
        self.theirs = []

    @property
    def over(self) -> bool:
        """Whether any output is past its cap."""
        return any(drain.over for drain in self._drains)

    def serve(self, seconds: float) -> set[int]:
        """Serve the pipes once, waiting up to `seconds`; which of the others became readable."""
        ready = set()
        for fd, _ in self._poller.poll(max(0.0, seconds) * 1000):
            drain = self._reading.get(fd)
            if drain is not None:
                drain.read()
                if not drain.open:
                    self._poller.unregister(fd)
            elif fd == self.stdin.fd:
                self.stdin.write()
                if not self.stdin.open:
                    self._poller.unregister(fd)
            else:
                ready.add(fd)
        return ready

    def finish(self) -> None:
        """Take what an ended job left behind."""
        if self._captured:
            os.lseek(self.stdout.fd, 0, os.SEEK_SET)
        for drain in self._drains:
            drain.finish()

    def close(self) -> None:
        """Close everything that is still open here."""
        self.hand_over()
        self.stdin.close()
        for drain in self._drains:
            os.close(drain.fd)
