"""A slot: a place for one jail at a time, opened at need, looked at after every kill, renewed in the background."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future

from sandbox.config import EngineGone, JailBroken, JailUnfit, SandboxConfig, SandboxUnavailable
from sandbox.jail_client import Evidence, Health, Jail, Room, ask_health, exchange
from sandbox.levels import RUNGS, Level, is_below, process_level
from schemas.job import Job, Limits, Program

OpenJail = Callable[[Room], Jail]

JOBS_A_JAIL = 10_000
"""A jail with four zygotes takes 0.6 s of processor time to open, as 150 small jobs do."""
HEALTH_EVERY = 50
DRIFT_BYTES = 96 << 20
"""How much a jail may grow; three more zygotes are two thirds of it."""
_ENGINE_PATIENCE_S = 90.0
_NO_SCRATCH = (
    "this machine's process sandbox has no folder to let a job write to, since it has no mounts of its own: "
    "run as root with SYS_ADMIN, or use `--sandbox docker`"
)
_CANARY = Job(Program("stdin", "print(int(input()) * 2)\n"), stdin="21\n", limits=Limits(cpu_s=10, wall_s=60))


def passes_canary(jail: Jail) -> None:
    """Run the job whose answer is known. Raises JailUnfit for any other answer."""
    try:
        (evidence,) = exchange(jail, [_CANARY])
    except JailBroken as error:
        raise JailUnfit(str(error)) from error
    if evidence.stdout != b"42\n" or evidence.exit_code != 0:
        said = evidence.setup_error or evidence.stderr_tail.decode(errors="replace")
        raise JailUnfit(f"the canary job came to {evidence.stdout!r}: {said}")


def jail_level(config: SandboxConfig, health: Health, host_kernel: str) -> Level:
    """The wall that a jail turned out to have."""
    if config.backend == "process":
        return process_level(health.guards)
    return "container" if host_kernel in health.kernel else "kernel"


class Slot:
    """At most one jail, and at times its successor on the way. One thread at a time may `run`.

    Attributes:
        jail: the jail in use, None before the first job and after one that broke.
        kills: jails that broke in here, for reports.
        memory_bytes: what the jail used when it was last asked, every so many jobs.
    """

    def __init__(self, config: SandboxConfig, open_jail: OpenJail) -> None:
        """`open_jail` starts a jail with that much room; it raises what the backends raise."""
        self._config = config
        self._open_jail = open_jail
        self.jail: Jail | None = None
        self._next: Future[Jail] | None = None
        self._jobs = 0
        self._least_memory = self.memory_bytes = 0
        self._has_opened = False
        self._closed = threading.Event()
        self.kills = 0

    def _open(self, room: Room) -> Jail:
        """A jail that has proven itself. An engine that was there before is waited for."""
        give_up = time.monotonic() + _ENGINE_PATIENCE_S
        while True:
            try:
                jail = self._open_jail(room)
                break
            except EngineGone:
                if not self._has_opened or time.monotonic() > give_up or self._closed.wait(0.5):
                    raise
        try:
            passes_canary(jail)
            health = ask_health(jail)
        except JailBroken as error:
            raise JailUnfit(f"{error}; the jail said: {jail.close() or 'nothing'}") from error
        level = jail_level(self._config, health, jail.host_kernel)
        if is_below(level, self._config.min_level):
            jail.close()
            wanted = self._config.min_level
            raise SandboxUnavailable(
                f"this machine's {self._config.backend} sandbox reaches the level `{level}`, below `{wanted}`: "
                f"{RUNGS[wanted].without}. To mend it: {RUNGS[wanted].mend}. If you trust the programs: "
                f"`--sandbox-min-level {level}`"
            )
        if room.scratch_bytes and not health.scratch:
            jail.close()
            raise SandboxUnavailable(_NO_SCRATCH)
        self._has_opened = True
        return jail

    def _renew(self, room: Room) -> None:
        """Start the next jail without waiting for it."""
        if self._next is not None:
            return
        coming: Future[Jail] = Future()
        self._next = coming

        def open_next() -> None:
            try:
                coming.set_result(self._open(room))
            except BaseException as error:
                coming.set_exception(error)

        threading.Thread(target=open_next, name="nlex-next-jail", daemon=True).start()

    def _ready_jail(self, room: Room) -> Jail:
        """The jail to use now: the next one if it is there or there is no other."""
        coming = self._next
        if coming is not None and (self.jail is None or coming.done()):
            self._next = None
            self._retire()
            self._adopt(coming.result())
        if self.jail is not None and (not self.jail.room.suits(room) or self._has_ended(self.jail)):
            self._retire()
        if self.jail is None:
            self._adopt(self._open(room))
        assert self.jail is not None
        return self.jail

    def _has_ended(self, jail: Jail) -> bool:
        """Whether a jail went while nothing ran in it, as with an engine that restarts: no job is to blame for that."""
        if not jail.has_stirred():
            return False
        try:
            passes_canary(jail)
        except JailBroken:
            return True
        return False

    def _adopt(self, jail: Jail) -> None:
        self.jail, self._jobs = jail, 0
        self._least_memory = self.memory_bytes = ask_health(jail).memory_bytes

    def _retire(self) -> None:
        """Let go of the jail; ending it is nobody's wait."""
        jail, self.jail = self.jail, None
        if jail is not None:
            threading.Thread(target=jail.close, name="nlex-close-jail").start()

    def run(self, jobs: Sequence[Job], room: Room) -> Iterator[Evidence]:
        """Run jobs that are the same program; ends early where one was killed, and breaks with JailBroken.

        Raises JailBroken, SandboxUnavailable.
        """
        jail = self._ready_jail(room)
        killed = False
        try:
            for evidence in exchange(jail, jobs):
                self._jobs += 1
                killed = bool(evidence.reason) or evidence.signal is not None or bool(evidence.setup_error)
                yield evidence
        except JailBroken as error:
            self.jail = None
            self.kills += 1
            said = jail.close()
            self._renew(jail.room)
            raise JailBroken(f"{error}; the jail said: {said or 'nothing'}") from error
        self._look_after(jail, killed)

    def _look_after(self, jail: Jail, killed: bool) -> None:
        """After a run: whatever casts doubt on the jail ends it, and a successor is started."""
        worn = self._jobs >= JOBS_A_JAIL
        try:
            if killed:
                passes_canary(jail)
            if self._jobs % HEALTH_EVERY == 0:
                self.memory_bytes = ask_health(jail).memory_bytes
                worn |= self.memory_bytes > self._least_memory + DRIFT_BYTES
        except JailBroken:
            self._retire()
            worn = True
        if worn:
            self._renew(jail.room)

    def health(self) -> Health | None:
        """What the jail says of itself; None if there is none. Raises JailBroken."""
        return None if self.jail is None else ask_health(self.jail)

    def close(self) -> None:
        """End the jail, and the one on its way."""
        self._closed.set()
        jail, self.jail = self.jail, None
        coming, self._next = self._next, None
        if jail is not None:
            jail.close()
        if coming is not None:
            try:
                coming.result().close()
            except (JailBroken, SandboxUnavailable):
                return
