# expect: ok,runtime_error
# why: a program may close what it likes, also what we listen to
import os

os.closerange(0, 64)
