# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: the other hook sees the recorder's calls
import sys

sys.setprofile(lambda *_: None)
x = 1
x += 2
sys.setprofile(None)
print(x)
