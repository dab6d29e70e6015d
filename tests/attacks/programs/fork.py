# expect: runtime_error,cpu_limit,timeout
# why: a process that multiplies outruns whoever kills it one by one
import os

while True:
    os.fork()
