# expect: ok
# tracer: 1
# stdout: b'1\n'
# why: the frames below the program hold the report
import types

get = types.TracebackType.__dict__["tb_frame"].__get__
try:
    1 / 0
except ZeroDivisionError as e:
    f = get(e.__traceback__)
    b = f.f_back
    l = b.f_locals if b else {}
    if "report" in l:
        l["report"].fields["watched"] = []
x = 1
print(x)
