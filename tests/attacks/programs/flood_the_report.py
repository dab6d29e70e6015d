# expect: output_limit
# why: the pipe of the report has a cap like any other
import os

try:
    while True:
        os.write(3, b"x" * 65536)
except OSError:
    os._exit(1)
