"""The pool of jails: lends one to each run, tries a job again when it was our fault, bars those that break jails."""

import dataclasses
import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sandbox.config import JailBroken, JailUnfit, SandboxConfig, SandboxUnavailable
from sandbox.jail_client import Jail, Room, same_program
from sandbox.slot import OpenJail, Slot
from sandbox.verdict import Report, outcome_of, read_report
from schemas.job import Job
from schemas.outcome import Outcome

_TRIES = 3
_KILLS = 2
_LEAST_CAPACITY = 1 << 30
_INPUTS_A_FRAME = 64
_INPUT_BYTES_A_FRAME = 16 << 20

_quarantined: set[bytes] = set()
"""Jobs of this process that have broken two jails; they are not run again by any pool."""


def _identity(job: Job) -> bytes:
    return hashlib.sha256(repr(job).encode("utf-8", "surrogatepass")).digest()


def _room_for(jobs: Sequence[Job]) -> Room:
    """A jail whose memory the jobs' own limits stay below: address space, pipes, inputs, files and our processes."""
    limits = jobs[0].limits
    need = 2 * limits.memory_bytes + 4 * limits.output_bytes + 2 * sum(len(job.stdin) for job in jobs) + (256 << 20)
    need += limits.scratch_bytes
    capacity = _LEAST_CAPACITY
    while capacity < need:
        capacity *= 2
    return Room(capacity, limits.scratch_bytes)


def _frames(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    """The jobs in as few frames as their size allows."""
    start, size = 0, 0
    for at, job in enumerate(jobs):
        if at > start and (at - start == _INPUTS_A_FRAME or size + len(job.stdin) > _INPUT_BYTES_A_FRAME):
            yield jobs[start:at]
            start, size = at, 0
        size += len(job.stdin)
    if start < len(jobs):
        yield jobs[start:]


def _failed(detail: str) -> tuple[Outcome, Report]:
    return Outcome("sandbox_error", None, None, b"", b"", None, None, 0.0, 0.0, 0, detail=detail), Report()


class Sandbox:
    """Runs jobs, `config.slots` at a time, each in a jail that nothing of the job outlives.

    Its methods may be called from any number of threads. Jails start at their first job; they end with
    `close`, with the context, or with this process.

    Attributes:
        slots: the places for jails, for whoever reports on them.
    """

    def __init__(self, config: SandboxConfig, open_jail: OpenJail | None = None) -> None:
        """`open_jail` starts a jail with so much room, if not one of the configured backend."""
        self.config = config
        self.slots = [Slot(config, open_jail or self._open_jail) for _ in range(config.slots)]
        self._free = list(self.slots)
        self._change = threading.Condition()
        self._closed = False

    def _open_jail(self, room: Room) -> Jail:
        if self.config.backend == "docker":
            from sandbox.docker_backend import DockerJail

            return DockerJail(self.config, room)
        from sandbox.process_backend import ProcessJail

        return ProcessJail(room)

    @contextmanager
    def _borrowed(self, count: int = 1, last_resort: Slot | None = None) -> Iterator[Slot]:
        """A free slot, the warmest for choice and `last_resort` only if there is no other; `count` are held."""
        with self._change:
            self._change.wait_for(lambda: self._closed or len(self._free) >= count)
            if self._closed:
                raise SandboxUnavailable("the sandbox is closed")
            slots = sorted(self._free, key=lambda slot: slot is not last_resort)[-count:]
            for slot in slots:
                self._free.remove(slot)
        try:
            yield slots[-1]
        finally:
            with self._change:
                self._free += slots
                self._change.notify_all()

    def examine(self, job: Job) -> tuple[Outcome, Report]:
        """One run: its outcome and the job's own report, which `run` leaves out. Raises SandboxUnavailable."""
        (examined,) = self.examine_all([job])
        return examined

    def examine_all(self, jobs: Sequence[Job], *, alone: bool = False) -> list[tuple[Outcome, Report]]:
        """Runs of one program on several inputs, compiled once: outcomes and reports in order.

        A jail that breaks is replaced and the job tried again, twice at most, in another slot if there is one;
        then its verdict is `sandbox_error`. A job that has broken two jails is quarantined. With `alone`
        nothing else of this pool runs at the time. Raises ValueError for jobs that differ in more than their
        input, SandboxUnavailable where no jail can be started at all.
        """
        if not all(same_program(jobs[0], job) for job in jobs[1:]):
            raise ValueError("jobs that run together differ in their input alone")
        return [done for frame in _frames(jobs) for done in self._examine_frame(frame, alone)]

    def _examine_frame(self, jobs: Sequence[Job], alone: bool) -> list[tuple[Outcome, Report]]:
        room = _room_for(jobs)
        count = len(self.slots) if alone else 1
        done: list[tuple[Outcome, Report]] = []
        failures: list[str] = []
        kills = unfit = 0
        avoided: Slot | None = None
        while len(done) < len(jobs):
            job = jobs[len(done)]
            if _quarantined and _identity(job) in _quarantined:
                done.append(_failed("quarantined: this job has broken two jails"))
                continue
            waiting = [job] if failures else jobs[len(done) :]
            with self._borrowed(count, avoided) as slot:
                try:
                    for evidence in slot.run(waiting, room):
                        report = read_report(evidence.report, evidence.token)
                        outcome = outcome_of(job, evidence, report)
                        if outcome.verdict == "sandbox_error":
                            failures.append(outcome.detail)
                            continue
                        done.append((outcome, report))
                        failures, kills, unfit = [], 0, 0
                        job = jobs[min(len(done), len(jobs) - 1)]
                except JailUnfit as error:
                    failures.append(str(error))
                    unfit += 1
                except JailBroken as error:
                    failures.append(str(error))
                    kills += 1
            if not failures:
                continue
            avoided = slot
            if kills >= _KILLS:
                _quarantined.add(_identity(job))
                done.append(_failed(f"quarantined: this job has broken two jails: {failures[-1]}"))
            elif len(failures) >= _TRIES:
                if unfit == _TRIES:
                    old = (
                        f" under the runtime {self.config.runtime!r}, which may be too old,"
                        if self.config.runtime
                        else ""
                    )
                    raise SandboxUnavailable(
                        f"no {self.config.backend} jail{old} gets through its first job: {failures[-1]}"
                    )
                done.append(_failed(failures[-1]))
            else:
                continue
            failures, kills, unfit = [], 0, 0
        return done

    def run(self, job: Job) -> Outcome:
        """One run. Of a traced one the log is handed over as it came, without a word on its integrity."""
        (outcome,) = self.run_all([job])
        return outcome

    def run_all(self, jobs: Sequence[Job], *, alone: bool = False) -> list[Outcome]:
        """Like `run`, for several inputs of one program, which is compiled once for all of them."""
        return [
            dataclasses.replace(outcome, trace=report.trace or None) if jobs[0].traced else outcome
            for outcome, report in self.examine_all(jobs, alone=alone)
        ]

    def close(self) -> None:
        """End every jail; runs under way fail."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        for slot in self.slots:
            slot.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
