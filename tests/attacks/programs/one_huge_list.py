# expect: memory_limit
# why: one allocation past the limit
x = [0] * 10**12
