# expect: runtime_error
# why: descriptors are counted
import os

while True:
    os.dup(0)
