"""The folder that a job may write to if it asks for one: open to one job alone, and empty before the next."""

import contextlib
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

FOLDER = "/tmp"
"""Where it lies in a jail; the job that has it begins there."""
FILES = 4096
"""How many files and folders it holds at most."""
_OPEN, _SHUT = 0o777, 0o755


def mount_options(size_bytes: int) -> str:
    """The options of the memory file system that it is."""
    return f"size={size_bytes},nr_inodes={FILES},mode={_SHUT:o}"


@contextlib.contextmanager
def lent(as_owner: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """Opens it to a job of the user that `as_owner` makes of this process, and empties it when the job has ended.

    Raises OSError where something cannot be removed.
    """
    os.chmod(FOLDER, _OPEN)
    try:
        yield
    finally:
        with as_owner():
            empty(FOLDER)
        os.chmod(FOLDER, _SHUT)


def empty(folder: str) -> None:
    """Removes all that is in a folder, however deep it is and whatever its modes say; it all is this user's.

    Folders within folders are moved up first, so that no path gets long and nothing recurs.
    """
    fresh = (f"{folder}/nlex-{number}" for number in itertools.count())
    while names := os.listdir(folder):
        for name in names:
            path = f"{folder}/{name}"
            if not _open_folder(path):
                os.unlink(path)
                continue
            for inner in os.listdir(path):
                if _open_folder(f"{path}/{inner}"):
                    os.rename(f"{path}/{inner}", next(free for free in fresh if not os.path.lexists(free)))
                else:
                    os.unlink(f"{path}/{inner}")
            os.rmdir(path)


def _open_folder(path: str) -> bool:
    """Whether this is a folder; if so, one that may be entered and changed from now on."""
    is_folder = stat.S_ISDIR(os.lstat(path).st_mode)
    if is_folder:
        os.chmod(path, 0o700)
    return is_folder
