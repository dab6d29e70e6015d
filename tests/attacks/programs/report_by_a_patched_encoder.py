# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: a report put together by a library's function says what the program wants it to say
import json
import sys

encode = json.JSONEncoder().encode


def forged(fields, **_):
    return encode(fields | {"watched": [], "mark": "end", "installed": True})


json.dumps = forged
sys.settrace(None)
x = 1
x += 2
print(x)
