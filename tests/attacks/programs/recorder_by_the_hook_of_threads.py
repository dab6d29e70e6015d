# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: new threads need a hook, and a hook is bound to its recorder
import threading

hook = threading._trace_hook
if hook is not None:
    exec("hook.__self__.skip_changes()")
x = 1
x += 2
print(x)
