# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: code whose file is renamed is not the program's to a recorder that goes by names


def work():
    x = 1
    x += 2
    return x


hidden = type(work)(work.__code__.replace(co_filename="elsewhere.py"), globals())
print(hidden())
