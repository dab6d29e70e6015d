# expect: ok
# stdout: b'3\n'
# why: every built-in function leads to the module that the recorder's own code would use
real = print.__self__
kept = {name: getattr(real, name) for name in ("len", "isinstance", "id", "repr", "memoryview", "bytes", "dict", "map")}
for name in kept:
    setattr(real, name, lambda *args, **kwargs: None)
x = 1
x += 2
for name in kept:
    setattr(real, name, kept[name])
print(x)
