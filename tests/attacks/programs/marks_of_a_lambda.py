# expect: ok
# tracer: 1
# stdout: b'2\n'
# why: the code of a lambda names what it tells its values through
f = lambda a: a + 1
names = f.__code__.co_names
import builtins

marks = [builtins.__dict__.get(n) for n in names if "nlex" in n]
for m in marks:
    try:
        m[41]
    except Exception:
        pass
x = f(1)
print(x)
