# expect: timeout
# why: a process may ask to be spared when its parent dies, and to be called otherwise
import ctypes
import time

libc = ctypes.CDLL(None)
libc.prctl(1, 0, 0, 0, 0)
libc.prctl(15, b"innocent", 0, 0, 0)
libc.prctl(36, 1, 0, 0, 0)
time.sleep(1000)
