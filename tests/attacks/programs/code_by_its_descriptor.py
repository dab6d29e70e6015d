# expect: ok
# tracer: 1
# stdout: b'2\n'
# why: an attribute can be set without naming it
import types


def f(a):
    a += 1
    return a


def g(a):
    return a + 1


types.FunctionType.__dict__["__code__"].__set__(f, g.__code__)
x = f(1)
print(x)
