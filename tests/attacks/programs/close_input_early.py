# expect: ok
# stdout: b'closed\n'
# why: nobody may wait for ever to feed a program that does not read
import os

os.close(0)
print("closed")
