# expect: ok
# stdout: b'x\n'
# trace: complete
# why: not hostile: a status of 256 is 0 to whoever waits for the process
import sys

print("x")
sys.exit(256)
