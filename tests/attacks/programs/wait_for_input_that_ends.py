# expect: ok
# stdout: b"b''\n"
# trace: complete
# why: not hostile: input that is empty ends, and does not hang
import os

print(os.read(0, 10))
