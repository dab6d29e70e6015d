# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: text that is executed has a file name of its own, and is the program all the same
exec("import sys\nsys.settrace(None)")
x = 1
x += 2
print(x)
