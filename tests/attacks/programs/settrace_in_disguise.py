# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: code may be compiled under the name of a library's file
import os

exec(compile("import sys\nsys.settrace(None)", os.__file__, "exec"))
x = 1
x += 2
print(x)
