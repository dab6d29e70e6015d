# expect: timeout
# why: the end of a program is part of the program
import atexit
import time

atexit.register(time.sleep, 1000)
print("x", flush=True)
