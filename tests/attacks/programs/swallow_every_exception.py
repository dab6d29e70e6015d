# expect: cpu_limit
# why: a program that goes on whatever happens
while True:
    try:
        input()
        raise KeyboardInterrupt
    except BaseException:
        continue
