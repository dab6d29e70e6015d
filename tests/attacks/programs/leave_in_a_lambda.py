# expect: ok
# tracer: 1
# stdout: b'1\n'
# why: the end comes in the midst of an expression
import os

x = 1
print(x, flush=True)
(lambda: os._exit(0))()
