# expect: ok
# stdout: b'50000\n'
# why: not hostile at all, the usual way to recurse deeply, which limits must let pass
import sys
import threading


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


def main():
    print(depth(50_000))


sys.setrecursionlimit(10**6)
threading.stack_size(128 << 20)
thread = threading.Thread(target=main)
thread.start()
thread.join()
