# expect: ok
# tracer: 1
# stdout: b'unwatched\n'
# why: a program can ask whether it is watched, and do something else
import sys

print("watched" if sys.gettrace() else "unwatched")
