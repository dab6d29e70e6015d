# expect: ok
# tracer: 1
# stdout: b'4\n'
# why: the same code with other builtins tells nobody
import types


class Quiet:
    def __getitem__(self, v):
        return v[0] if type(v) is tuple else v

    def __setitem__(self, a, b):
        pass

    def __delitem__(self, a):
        pass


class Any(dict):
    def __missing__(self, k):
        return Quiet()


def f(a):
    b = a + 1
    b *= 2
    return b


own = {"__nlex_%d__" % n: Quiet() for n in range(100)}
g = types.FunctionType(f.__code__, {"__builtins__": own}, "f")
x = g(1)
print(x)
