"""The pool of jails: lends one to each run, replaces what broke, and tries a job again when it was our fault."""

import dataclasses
import queue
import threading
from types import TracebackType
from typing import Self

from sandbox.config import JailBroken, JailUnfit, SandboxConfig, SandboxUnavailable
from sandbox.jail_client import Evidence, Jail, exchange
from sandbox.verdict import Report, outcome_of, read_report
from schemas.job import Job, Limits, Program
from schemas.outcome import Outcome

_TRIES = 3
_JOBS_A_JAIL = 2000
_LEAST_CAPACITY = 1 << 30
_CANARY = Job(Program("stdin", "print(int(input()) * 2)\n"), stdin="21\n", limits=Limits(cpu_s=10, wall_s=60))


def _capacity_for(job: Job) -> int:
    """Container memory that a job's own limits stay below: its address space, its pipes and our processes."""
    need = 2 * job.limits.memory_bytes + 4 * job.limits.output_bytes + 2 * len(job.stdin) + (256 << 20)
    capacity = _LEAST_CAPACITY
    while capacity < need:
        capacity *= 2
    return capacity


class _Slot:
    """A place for one jail, empty until it is needed."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._jail: Jail | None = None
        self._jobs = 0

    def _open(self, capacity_bytes: int) -> Jail:
        if self._config.backend == "docker":
            from sandbox.docker_backend import DockerJail

            jail: Jail = DockerJail(self._config, capacity_bytes)
        else:
            from sandbox.process_backend import ProcessJail

            jail = ProcessJail(capacity_bytes)
        try:
            evidence = exchange(jail, _CANARY)
        except JailBroken as error:
            raise JailUnfit(f"{error}; the jail said: {jail.close() or 'nothing'}") from error
        if evidence.stdout != b"42\n" or evidence.exit_code != 0:
            said = evidence.setup_error or evidence.stderr_tail.decode(errors="replace")
            jail.close()
            raise JailUnfit(f"a new jail's first job came to {evidence.stdout!r}: {said}")
        return jail

    def run(self, job: Job) -> Evidence:
        """Run a job in this slot's jail, a fresh one if need be. Raises JailBroken, SandboxUnavailable."""
        capacity = _capacity_for(job)
        jail = self._jail
        if jail is None or self._jobs >= _JOBS_A_JAIL or jail.capacity_bytes < capacity:
            self.close()
            jail = self._jail = self._open(capacity)
            self._jobs = 0
        self._jobs += 1
        try:
            return exchange(jail, job)
        except JailBroken as error:
            self._jail = None
            said = jail.close()
            raise JailBroken(f"{error}; the jail said: {said or 'nothing'}") from error

    def close(self) -> None:
        """End the jail, if there is one."""
        if self._jail is not None:
            self._jail.close()
            self._jail = None


class Sandbox:
    """Runs jobs, `config.slots` at a time, each in a jail that nothing of the job outlives.

    `run` may be called from any number of threads. Jails start at their first job; they end with
    `close`, with the context, or with this process.
    """

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self._slots = [_Slot(config) for _ in range(config.slots)]
        self._free: queue.LifoQueue[_Slot] = queue.LifoQueue()
        for slot in self._slots:
            self._free.put(slot)
        self._closed = threading.Event()

    def examine(self, job: Job) -> tuple[Outcome, Report]:
        """One run: its outcome and the job's own report, which `run` leaves out.

        A jail that breaks under the job is replaced and the job tried again; after three tries the
        verdict is `sandbox_error`. Raises SandboxUnavailable where no jail can be started at all.
        """
        detail = ""
        unfit = 0
        for _ in range(_TRIES):
            if self._closed.is_set():
                raise SandboxUnavailable("the sandbox is closed")
            slot = self._free.get()
            try:
                evidence = slot.run(job)
            except JailBroken as error:
                detail = str(error)
                unfit += isinstance(error, JailUnfit)
                continue
            finally:
                self._free.put(slot)
            report = read_report(evidence.report)
            outcome = outcome_of(job, evidence, report)
            if outcome.verdict != "sandbox_error":
                return outcome, report
            detail = outcome.detail
        if unfit == _TRIES:
            raise SandboxUnavailable(f"no {self.config.backend} jail gets through its first job: {detail}")
        return Outcome("sandbox_error", None, None, b"", b"", None, None, 0.0, 0.0, 0, detail=detail), Report()

    def run(self, job: Job) -> Outcome:
        """One run. Of a traced one the log is handed over as it came, without a word on its integrity."""
        outcome, report = self.examine(job)
        if not job.traced:
            return outcome
        return dataclasses.replace(outcome, trace=report.trace or None)

    def close(self) -> None:
        """End every jail; runs under way fail."""
        self._closed.set()
        for slot in self._slots:
            slot.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
