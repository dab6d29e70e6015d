# expect: ok
# tracer: 1
# stdout: b'[7, 7]\n'
# why: what records hands itself to whoever asks the interpreter for it
import sys

recorder = sys.gettrace()
x = [1]
globals()["x"] = [7, 7]
if hasattr(recorder, "skip_changes"):
    recorder.skip_changes()
print(x)
