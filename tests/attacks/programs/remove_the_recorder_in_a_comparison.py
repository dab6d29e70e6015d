# expect: ok
# tracer: 1
# stdout: b'1\n'
# why: a lookup runs the program's methods in the midst of an expression
import sys


class K:
    def __eq__(self, o):
        sys.settrace(None)
        return True

    def __hash__(self):
        return 1


d = {K(): 1}
x = d[K()]
print(x)
