# expect: ok
# tracer: 1
# stdout: b'8\n'
# why: code that has been exchanged is no longer what the text says
f = lambda a: a + 1
f.__code__ = f.__code__.replace(co_consts=tuple(7 if c == 1 else c for c in f.__code__.co_consts))
x = f(1)
print(x)
