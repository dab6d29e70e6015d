# expect: ok
# tracer: 1
# stdout: b'2\n'
# why: a function that is not what its text says


def told():
    return 1


def true():
    return 2


told.__code__ = true.__code__
print(told())
