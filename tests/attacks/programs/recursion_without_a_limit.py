# expect: runtime_error,memory_limit,cpu_limit
# why: with the limit lifted, the stack or the memory ends
import sys

sys.setrecursionlimit(10**9)


def down():
    return [down()]


down()
