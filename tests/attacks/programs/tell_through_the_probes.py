# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: what a program has been instrumented with lies among its builtins, for all to use
import builtins

told = [vars(builtins)[name] for name in sorted(vars(builtins)) if name.startswith("__nlex_")]
for tell in told:
    try:
        tell[99]
    except (TypeError, IndexError, KeyError):
        pass
    if callable(tell):
        tell((0, 99))
x = 1
x += 2
print(x)
