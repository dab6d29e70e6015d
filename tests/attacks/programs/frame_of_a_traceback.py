# expect: ok
# tracer: 1
# stdout: b'3\n'
# why: an exception holds the frames that it went through
try:
    1 / 0
except ZeroDivisionError as error:
    error.__traceback__.tb_frame.f_trace = None
x = 1
x += 2
print(x)
