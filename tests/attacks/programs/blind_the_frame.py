# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: one frame can be made invisible while the recorder stays installed
import sys

sys._getframe().f_trace = None
x = 1
x += 2
print(x)
