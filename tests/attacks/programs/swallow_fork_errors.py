# expect: cpu_limit,timeout
# why: the same, from a program that does not take no for an answer
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
