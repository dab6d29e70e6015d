# expect: ok
# stdout: b'[]\n'
# why: the kernel shows the machine and takes orders through files
import glob

opened = []
for path, mode in (
    ("/proc/kcore", "rb"),
    ("/dev/mem", "rb"),
    ("/dev/kmsg", "rb"),
    ("/proc/sys/kernel/core_pattern", "wb"),
    ("/proc/sysrq-trigger", "wb"),
    ("/proc/self/oom_score_adj", "r+b"),
    ("/proc/1/oom_score_adj", "r+b"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "r+b"),
    ("/sys/fs/cgroup/memory.max", "r+b"),
    *((path, "r+b") for path in glob.glob("/dev/[svx]d[a-z]")),
):
    try:
        with open(path, mode, buffering=0) as file:
            if mode == "rb":
                file.read(1)
            else:
                file.write(b"-1000")
        opened.append(path)
    except OSError:
        pass
print(opened)
