"""The job's pipes as the supervisor sees them: stdin pushed in, stdout, stderr and report drained under caps."""

import os
import select
from dataclasses import dataclass, field
from typing import Any

_CHUNK = 1 << 16
STDERR_TAIL = 16 << 10


def write_whole(fd: int, data: bytes) -> None:
    """Write all of it, however little the other end takes at a time."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view[: 1 << 20]) :]


@dataclass
class Drain:
    """The reading end of one pipe. `kept` holds at most `cap` bytes (a tail: the last `tail` of them)."""

    fd: int
    cap: int
    tail: int | None = None
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
            chunk = os.read(self.fd, _CHUNK)
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
    data: bytes
    at: int = 0
    open: bool = True

    def write(self) -> None:
        """Push what the pipe takes, and close it after the last byte or when nobody reads."""
        try:
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


@dataclass
class Streams:
    """Every descriptor of one job. `theirs` is what the job gets: stdin, stdout, stderr, report, armed.

    An untraced job writes stdout to a pipe; a traced one (`captured`) to a file, whose size tells its
    recorder what was printed.
    """

    theirs: list[int]
    stdin: Feed
    stdout: Drain
    stderr: Drain
    report: Drain
    armed: Drain
    captured: bool

    def begin(self, request: dict[str, Any], stdin: bytes) -> None:
        """Lay the input ready and set the caps."""
        self.stdin.data = stdin
        if not stdin:
            self.stdin.close()
        self.stdout.cap = self.stderr.cap = request["output_bytes"]
        self.report.cap = request["report_bytes"]

    def hand_over(self) -> None:
        """Close what the job has now: only its own end decides when a pipe ends."""
        for fd in self.theirs:
            os.close(fd)
        self.theirs = []

    @property
    def _piped(self) -> list[Drain]:
        return [self.stderr, self.report, self.armed, *([] if self.captured else [self.stdout])]

    @property
    def over(self) -> bool:
        """Whether any output is past its cap."""
        return any(drain.over for drain in (self.stdout, self.stderr, self.report))

    def serve(self, others: list[int], seconds: float) -> set[int]:
        """Serve the pipes once, waiting up to `seconds`; which of `others` became readable."""
        poller = select.poll()
        if self.stdin.open:
            poller.register(self.stdin.fd, select.POLLOUT)
        reading = {drain.fd: drain for drain in self._piped if drain.open}
        for fd in (*reading, *others):
            poller.register(fd, select.POLLIN)
        ready = set()
        for fd, _ in poller.poll(max(0.0, seconds) * 1000):
            if fd in reading:
                reading[fd].read()
            elif fd in others:
                ready.add(fd)
            else:
                self.stdin.write()
        return ready

    def finish(self) -> None:
        """Take what an ended job left behind."""
        if self.captured:
            os.lseek(self.stdout.fd, 0, os.SEEK_SET)
        for drain in (*self._piped, self.stdout):
            drain.finish()

    def taken(self) -> list[bytes]:
        """What was kept of stdout, stderr and the report."""
        return [bytes(drain.kept) for drain in (self.stdout, self.stderr, self.report)]

    def close(self) -> None:
        """Close everything that is still open here."""
        self.hand_over()
        self.stdin.close()
        for drain in (self.stdout, self.stderr, self.report, self.armed):
            os.close(drain.fd)


def open_streams(captured: bool) -> Streams:
    """The descriptors of one job, owned by whoever the caller is just now."""
    stdin_reader, stdin_writer = os.pipe()
    if captured:
        stdout_reader = os.memfd_create("stdout")
        stdout_writer = os.dup(stdout_reader)
    else:
        stdout_reader, stdout_writer = os.pipe()
    stderr_reader, stderr_writer = os.pipe()
    report_reader, report_writer = os.pipe()
    armed_reader, armed_writer = os.pipe()
    for fd in (stdin_writer, stdout_reader, stderr_reader, report_reader, armed_reader):
        os.set_blocking(fd, False)
    return Streams(
        [stdin_reader, stdout_writer, stderr_writer, report_writer, armed_writer],
        Feed(stdin_writer, b""),
        Drain(stdout_reader, 0),
        Drain(stderr_reader, 0, tail=STDERR_TAIL),
        Drain(report_reader, 0),
        Drain(armed_reader, 4096),
        captured,
    )
