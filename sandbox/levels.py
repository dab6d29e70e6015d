"""The ladder of walls between a program and the machine, from the weakest to the strongest."""

from dataclasses import dataclass
from typing import Literal, get_args

Level = Literal["limits", "files", "user", "namespaces", "container", "kernel"]
LEVELS: tuple[Level, ...] = get_args(Level)
DEFAULT_LEVEL: Level = "files"


@dataclass(frozen=True)
class Rung:
    """What a level adds to the ones below it, what a machine without it risks, and how to get it."""

    adds: str
    without: str
    mend: str


RUNGS: dict[Level, Rung] = {
    "limits": Rung(
        "limits of CPU, memory, output and files, and a filter of system calls: no network, no new process, "
        "no file written, no signal sent",
        "nothing runs at all",
        "Linux on x86_64 or aarch64 with seccomp",
    ),
    "files": Rung(
        "nothing of this machine can be read but the interpreter and its libraries",
        "a program can read the files that you can read",
        "a kernel from 5.13 on with Landlock, or run as root",
    ),
    "user": Rung(
        "a user of its own and a root folder that holds the interpreter alone",
        "a program has your user number and sees your file tree's names",
        "run as root with SETUID, SETGID, KILL and SYS_CHROOT (the default in a container), or use Docker",
    ),
    "namespaces": Rung(
        "processes, network devices, IPC objects and mounts of its own",
        "only the filter of system calls stands between a program and the network or other processes",
        "run as root with SYS_ADMIN, or as a user on a kernel that grants user namespaces, or use Docker",
    ),
    "container": Rung(
        "a container: memory and processes counted for all of it together, a read-only root, the engine's own guards",
        "memory is bounded for each process, not for all of them",
        "install Docker (Debian: apt-get install docker.io) and use `--sandbox docker`",
    ),
    "kernel": Rung(
        "a kernel of its own: a fault of this machine's kernel is out of reach",
        "a program that knows an unmended fault of the kernel may escape",
        "install gVisor as a runtime of Docker and use `--docker-runtime runsc`",
    ),
}


def process_level(guards: tuple[str, ...]) -> Level:
    """The level of a jail without a container, from what its way in has put up."""
    if "namespaces" in guards:
        return "namespaces"
    if "user" in guards:
        return "user"
    return "files" if "landlock" in guards else "limits"


def is_below(level: Level, wanted: Level) -> bool:
    """Whether a level is weaker than another."""
    return LEVELS.index(level) < LEVELS.index(wanted)
