# expect: ok
# stdout: b'[]\n'
# why: other jobs' programs and inputs lie in the memory and the descriptors of our processes
import glob
import os

seen = []
for path in glob.glob("/proc/[0-9]*"):
    if path.endswith(f"/{os.getpid()}"):
        continue
    for name in ("mem", "environ", "maps", "syscall", "stack"):
        try:
            with open(f"{path}/{name}", "rb") as file:
                file.read(1)
            seen.append((path, name))
        except OSError:
            pass
    try:
        seen += [(path, fd) for fd in os.listdir(f"{path}/fd")]
    except OSError:
        pass
print(seen)
