# expect: ok
# tracer: 1
# stdout: b'45\n'
# why: a program may stop being watched, and then there is no trace to believe
import sys

sys.settrace(None)
total = 0
for number in range(10):
    total += number
print(total)
