# expect: ok
# tracer: 1
# stdout: b'[2, 3]\n'
# why: every class leads to all others, and what listens to the program has one
import sys

for cls in getattr(object, "".join(["__sub", "classes__"]))():
    if cls.__module__ == "tracer.audit":
        cls._add = lambda self, name: None
x = [1]
sys.settrace(None)
x = [2]
x.append(3)
print(x)
