# expect: ok,runtime_error
# why: signals to every process it may signal, and to its ancestors, must reach nobody
import os
import signal

for target in (-1, os.getppid(), 1, 2, 3):
    try:
        os.kill(target, signal.SIGKILL)
    except OSError:
        pass
print("still here")
