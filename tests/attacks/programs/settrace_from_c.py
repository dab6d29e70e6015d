# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: the interpreter's own functions can be called past the module that offers them
import ctypes

ctypes.pythonapi.PyEval_SetTrace(None, None)
x = 1
x += 2
print(x)
