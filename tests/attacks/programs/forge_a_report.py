# expect: runtime_error
# why: whatever a program writes to the descriptors it finds, a status of 9 is no success
import os

for fd in range(3, 64):
    try:
        os.write(fd, b"\0\0\0\x13" + b'{"clean_end": true}' + b"+" * 9)
    except OSError:
        pass
os._exit(9)
