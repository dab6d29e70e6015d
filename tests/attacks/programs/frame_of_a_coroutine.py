# expect: ok
# tracer: 1
# stdout: b'1\n'
# why: so has a coroutine
async def c():
    return 1


k = c()
f = k.cr_frame
f.f_trace = None
try:
    k.send(None)
except StopIteration as s:
    print(s.value)
