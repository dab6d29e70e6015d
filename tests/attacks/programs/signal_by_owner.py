# expect: ok,runtime_error
# why: the kernel signals the owner of a descriptor, and a program may name one
import fcntl
import os
import signal

reader, writer = os.pipe()
for target in (1, os.getppid()):
    try:
        fcntl.fcntl(reader, fcntl.F_SETOWN, target)
        fcntl.fcntl(reader, 10, signal.SIGKILL)
        fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC)
        os.write(writer, b"x")
    except OSError:
        pass
print("done")
