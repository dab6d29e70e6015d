# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: text compiled at run time is not instrumented, so that no probe sees what it does to the probes
lie = """
for name in sorted(vars(builtins)):
    if name.startswith("__nlex_"):
        try:
            vars(builtins)[name][99]
        except (TypeError, IndexError, KeyError):
            pass
"""
exec("import builtins" + lie)
x = 1
x += 2
print(x)
