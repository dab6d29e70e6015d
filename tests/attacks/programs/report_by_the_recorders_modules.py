# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: modules that are loaded already can be changed under whoever uses them
import sys

ours = [sys.modules[name] for name in sorted(sys.modules) if name.partition(".")[0] in ("tracer", "jail")]
try:
    import tracer.report

    ours.append(tracer.report)
except ImportError:
    pass
for module in ours:
    for thing in vars(module).values():
        if type(thing) is type and hasattr(thing, "tell_watched"):
            thing.tell_watched = lambda self, event: None
            thing.write = lambda self: None
sys.settrace(None)
x = 1
x += 2
print(x)
