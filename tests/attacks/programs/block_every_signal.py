# expect: cpu_limit
# why: signals can be blocked as well as ignored, but for one
import signal

signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, 65)) - {9, 19, 32, 33})
while True:
    pass
