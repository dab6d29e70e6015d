# expect: ok
# stdout: b'caught\n'
# trace: complete
# why: not hostile: the limit is met, and the program goes on


def down(n):
    return down(n + 1)


try:
    down(0)
except RecursionError:
    print("caught")
