# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: the library fetches the frame in the program's stead
import inspect

inspect.currentframe().f_trace = None
x = 1
x += 2
print(x)
