# expect: runtime_error,memory_limit,cpu_limit
# why: a C function calls itself until its stack is gone
import sys

sys.setrecursionlimit(10**8)
nested = []
for _ in range(10**6):
    nested = [nested]
repr(nested)
