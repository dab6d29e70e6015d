# expect: ok
# stdout: b'[]\n'
# why: every way that the library knows of starting another program
import multiprocessing
import os
import subprocess

started = []
for act in (
    lambda: subprocess.run(["/usr/local/bin/python3", "-c", "0"], check=True),
    lambda: os.posix_spawn("/usr/local/bin/python3", ["python3", "-c", "0"], {}),
    lambda: multiprocessing.get_context("fork").Process(target=print).start(),
    lambda: os.forkpty(),
):
    try:
        act()
        started.append(act)
    except (OSError, ValueError):
        pass
if os.system("true") == 0:
    started.append(os.system)
print(started)
