# expect: ok,runtime_error
# why: limits of other processes of the same user can be lowered by number
import os
import resource

for target in (1, os.getppid()):
    try:
        resource.prlimit(target, resource.RLIMIT_CPU, (1, 1))
    except (OSError, ValueError):
        pass
print("done")
