# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: the library walks the stack and hands the frames out
import traceback

for frame, _ in traceback.walk_stack(None):
    frame.f_trace = None
x = 1
x += 2
print(x)
