# expect: ok
# stdout: b'[]\n'
# why: nothing can be written, so nothing can be left for the next program
import os

made = []
for folder in ("/", "/tmp", "/dev/shm", "/var/tmp", "/nlex", "."):
    try:
        with open(os.path.join(folder, "left"), "w") as file:
            file.write("x")
        made.append(folder)
    except OSError:
        pass
print(made)
