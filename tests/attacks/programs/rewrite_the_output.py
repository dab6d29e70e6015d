# expect: ok
# tracer: 1
# stdout: b'first\nsecond\n'
# why: traced output goes to a file, which can be cut short; a pipe cannot
import os

print("first", flush=True)
try:
    os.ftruncate(1, 0)
    os.lseek(1, 0, os.SEEK_SET)
except OSError:
    pass
print("second")
