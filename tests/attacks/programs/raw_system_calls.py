# expect: ok
# stdout: b'[]\n'
# why: what the library does not offer can be called by number
import ctypes
import platform

libc = ctypes.CDLL(None, use_errno=True)
# socket ptrace memfd_create bpf keyctl mount userfaultfd perf_event_open io_uring_setup unshare setns pidfd_open
numbers = {
    "x86_64": (101, 319, 321, 250, 165, 323, 298, 425, 272, 308, 434, 304, 246, 169, 153, 435),
    "aarch64": (117, 279, 280, 219, 40, 282, 241, 425, 97, 268, 434, 265, 104, 142, 58, 435),
}[platform.machine()]
print([number for number in numbers if libc.syscall(number, 0, 0, 0, 0, 0) >= 0])
