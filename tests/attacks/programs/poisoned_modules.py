# expect: runtime_error
# rc: 5
# why: modules that the way out uses are replaced by ones that do nothing
import os
import sys


class Nothing:
    def __getattr__(self, name):
        return lambda *args, **kwargs: Nothing()


for name in ("atexit", "json", "threading", "traceback", "io", "marshal", "select", "socket"):
    sys.modules[name] = Nothing()
os.write = lambda *args: 0
os.close = lambda *args: None
sys.exit(5)
