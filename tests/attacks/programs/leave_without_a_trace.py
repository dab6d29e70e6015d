# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: a process that is gone at once writes no end mark
import os

x = 1
x += 2
print(x, flush=True)
os._exit(0)
