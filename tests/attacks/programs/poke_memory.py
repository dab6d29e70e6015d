# expect: ok
# tracer: 1
# stdout: b'1000\n'
# why: memory written from outside changes objects that no statement has touched
import ctypes

data = [1, 2, 3]
number = 1000
ctypes.memmove(id(data) + 16, (ctypes.c_ssize_t * 1)(2), 8)
print(number)
