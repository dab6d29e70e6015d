# expect: ok
# stdout: b'deep\n'
# why: near the limit of the stack a recorder has no room to record


def down(n):
    try:
        return down(n + 1)
    except RecursionError:
        return n


depth = down(0)
print("deep" if depth > 100 else depth)
