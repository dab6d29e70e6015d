# expect: ok
# tracer: 1
# stdout: b'[9, 2]\n'
# why: a name of the module stands in front of the builtin of that name
exec("""
class Quiet:
    def __getitem__(self, value): return value
    def __setitem__(self, key, value): pass
    def __delitem__(self, key): pass
quiet = Quiet()
for number in range(200):
    globals()["__nlex_%d__" % number] = quiet
""")


def f(a):
    b = [a]
    b.append(a)
    c = b
    c[0] = 9
    return b


print(f(2))
