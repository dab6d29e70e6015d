# expect: ok
# stdout: b'[]\n'
# why: a dropped user stays dropped
import os

done = []
for act in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgroups([0]), lambda: os.chroot("/")):
    try:
        act()
        done.append(act)
    except OSError:
        pass
print([] if os.geteuid() != 0 and not done else done)
