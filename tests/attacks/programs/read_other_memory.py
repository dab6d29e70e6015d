# expect: ok
# stdout: b'[]\n'
# why: the supervisor's memory holds the input of others
import os

seen = []
for target in (1, os.getppid()):
    for name in ("mem", "environ", "maps"):
        try:
            with open(f"/proc/{target}/{name}", "rb") as file:
                file.read(1)
            seen.append((target, name))
        except OSError:
            pass
print(seen)
