# expect: ok
# tracer: 1
# stdout: b'1000\n'
# why: the module that writes to memory can be had through the import library too
import importlib

memory = importlib.import_module("ctypes")
data = [1, 2, 3]
number = 1000
memory.memmove(id(data) + 16, (memory.c_ssize_t * 1)(2), 8)
print(number)
