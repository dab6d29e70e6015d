# expect: ok
# stdout: b'0\n'
# why: no descriptor leads to the stream on which verdicts travel
import os

found = 0
for fd in range(4, 256):
    try:
        os.fstat(fd)
        found += 1
    except OSError:
        pass
print(found)
