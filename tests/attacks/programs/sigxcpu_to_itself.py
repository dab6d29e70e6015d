# expect: runtime_error
# why: the signal of a limit proves nothing without the time that goes with it
import os
import signal

os.kill(os.getpid(), signal.SIGXCPU)
