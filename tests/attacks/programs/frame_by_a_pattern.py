# expect: ok
# tracer: 1
# stdout: b'2\n'
# why: a pattern reads attributes without an attribute expression
try:
    1 / 0
except ZeroDivisionError as e:
    match e.__traceback__:
        case object(tb_frame=f):
            f.f_trace = None
x = 1
x = 2
print(x)
