# expect: cpu_limit
# why: a handler that is called a thousand times a second must not hold up the end
import signal

signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
while True:
    pass
