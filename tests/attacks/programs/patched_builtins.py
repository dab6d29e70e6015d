# expect: ok
# stdout: b'3\n'
# why: a recorder that calls the program's idea of `len` records the program's idea of truth
import builtins

show = print
for name in ("len", "tuple", "isinstance", "type", "id", "sorted", "repr", "list", "dict", "print", "hasattr"):
    setattr(builtins, name, lambda *args, **kwargs: None)
x = 1
x += 2
show(x)
