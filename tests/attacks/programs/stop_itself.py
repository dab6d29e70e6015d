# expect: timeout
# why: a stopped process uses no CPU and reads no signal but one
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
