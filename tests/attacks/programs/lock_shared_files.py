# expect: ok
# why: every jail reads the same interpreter: a lock held on it must hold up nobody
import fcntl
import os

with open(os.__file__) as file:
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        pass
    print("held")
