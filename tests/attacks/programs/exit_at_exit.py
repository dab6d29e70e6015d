# expect: runtime_error
# why: a status given at the very end is the status
import atexit
import os

atexit.register(os._exit, 3)
print("done")
