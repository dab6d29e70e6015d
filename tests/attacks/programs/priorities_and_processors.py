# expect: ok
# stdout: b'[]\n'
# why: a neighbour's time must not be taken by order
import os

done = []
for act in (
    lambda: os.setpriority(os.PRIO_USER, os.getuid(), -10),
    lambda: os.sched_setaffinity(0, {0}),
    lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)),
):
    try:
        act()
        done.append(act)
    except OSError:
        pass
print(done)
