# expect: cpu_limit
# why: the soft limit can be ignored, the hard one not
import signal

signal.signal(signal.SIGXCPU, signal.SIG_IGN)
while True:
    pass
