# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: code compiled under the program's own name would be told as lines of the program
x = 1
exec(compile("x += 1\nx += 1", __file__, "exec"))
print(x)
