# expect: ok
# tracer: 1
# stdout: b'[0, 1, 2, 9]\n'
# why: a comprehension is instrumented too, and a call in it is the program's
import sys

x = [sys.settrace(None) or n for n in range(3)]
x.append(9)
print(x)
