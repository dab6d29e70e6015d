"""How a job comes into the world: forked by the zygote, but as a child of the supervisor."""

import ctypes
import platform
import signal

_CLONE = {"x86_64": 56, "aarch64": 220}
_PARENT, _SET_TID, _CLEAR_TID = 0x8000, 0x01000000, 0x00200000
_PR_GET_TID_ADDRESS = 40
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class Fork:
    """Forks this process, which must have one thread only, so that the child's parent is this one's parent.

    The supervisor itself can then wait for the job and read what it used, and the zygote has done its part
    once the child is there. `os.fork` cannot do this; of what it does beside the call, only telling the child's
    C library its new number matters to a process of one thread whose `os.register_at_fork` was never used.
    """

    def __init__(self) -> None:
        self._call = _CLONE[platform.machine()]
        self._flags, arguments = _PARENT | signal.SIGCHLD, [0, 0, 0, 0]
        where = ctypes.c_long(0)
        if _libc.prctl(_PR_GET_TID_ADDRESS, ctypes.byref(where), 0, 0, 0) == 0 and where.value:
            self._flags |= _SET_TID | _CLEAR_TID
            arguments[3 if platform.machine() == "aarch64" else 2] = where.value
        self._arguments = [ctypes.c_long(value) for value in arguments]

    def __call__(self) -> int:
        """The child's number, or 0 in the child. Raises OSError if the kernel refuses."""
        pid = int(_libc.syscall(self._call, self._flags, *self._arguments))
        if pid < 0:
            raise OSError(ctypes.get_errno(), "no process can be forked")
        return pid


def become_oom_victim() -> None:
    """When memory runs out, let the kernel choose this process and its children before the supervisor."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass  # no /proc in here: the address space limit still bounds the job
