# expect: ok
# tracer: 1
# stdout: b'10\n'
# why: out of sight for a while, and then as if nothing had been
import sys

recorder = sys.gettrace()
sys.settrace(None)
x = 1
for n in range(9):
    x += 1
sys.settrace(recorder)
print(x)
