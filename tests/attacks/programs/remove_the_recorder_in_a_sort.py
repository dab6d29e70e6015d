# expect: ok
# tracer: 1
# stdout: b'2\n'
# why: C code that calls the function has no frame of its own
import sys

sorted([None], key=sys.settrace)
x = 1
x = 2
print(x)
