# expect: ok
# tracer: 1
# stdout: b'[0, 2, 4]\n'
# why: a generator expression has a frame to blind
g = (n * 2 for n in range(3))
f = g.gi_frame
f.f_trace = None
x = list(g)
print(x)
