# expect: ok
# stdout: b'1\n'
# why: not hostile: output objects are replaced and dropped
import io
import sys

print(1, flush=True)
sys.stdout = io.StringIO()
print(2)
sys.stdout = None
