# expect: ok
# stdout: b'[]\n'
# why: a cloud machine's metadata service hands out keys to whoever can reach it
import socket

reached = []
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
    try:
        socket.socket(family)
        reached.append(family)
    except OSError:
        pass
print(reached)
