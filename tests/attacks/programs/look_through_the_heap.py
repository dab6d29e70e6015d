# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: the collector knows every list there is, also those of the recorder
import collections
import gc

for thing in gc.get_objects():
    if type(thing) is collections.deque:
        thing.clear()
x = 1
x += 2
print(x)
