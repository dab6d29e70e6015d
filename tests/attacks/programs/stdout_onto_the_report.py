# expect: ok
# why: where the report should go, it goes to the program's own output, and proves nothing
import os

for fd in range(3, 8):
    try:
        os.dup2(1, fd)
    except OSError:
        pass
print("done", flush=True)
