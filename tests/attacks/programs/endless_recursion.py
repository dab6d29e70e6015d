# expect: runtime_error
# trace: complete
# why: not hostile: the usual mistake, which keeps its trace


def down(n):
    return down(n + 1)


down(0)
