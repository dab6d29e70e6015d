# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: the interpreter lists the frames of all threads
import sys

for frame in sys._current_frames().values():
    frame.f_trace = None
x = 1
x += 2
print(x)
