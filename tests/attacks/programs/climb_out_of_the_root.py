# expect: ok
# stdout: b'[]\n'
# why: a root folder holds those only who cannot change it
import os

here = os.open(".", os.O_RDONLY)
for _ in range(20):
    try:
        os.chdir("..")
        os.fchdir(here)
        os.chroot("..")
    except OSError:
        pass
found = [path for path in ("/../home", "/../root/.bashrc", "/proc/1/root/etc/shadow") if os.path.exists(path)]
print([path for path in found if os.access(path, os.R_OK)])
