# expect: output_limit
# why: a single write is larger than all that is kept
import sys

sys.stdout.buffer.write(bytes(100 << 20))
