# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: a report with an end mark and a log that were never recorded
import json
import os

print(3, flush=True)
report = {"clean_end": True, "mark": "end", "installed": True, "watched": [], "missed": 0}
report |= {"compile_error": False, "error": None, "value": None, "token": ""}
text = json.dumps(report).encode()
try:
    os.write(3, len(text).to_bytes(4, "big") + text + b"NLXT\x02" + bytes(64))
except OSError:
    pass
os._exit(0)
