# expect: runtime_error,memory_limit
# why: hard limits hold against setrlimit
import resource

for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NOFILE):
    try:
        resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print("raised", which)
    except (ValueError, OSError):
        pass
hoard = []
while True:
    hoard.append(bytearray(1 << 20))
