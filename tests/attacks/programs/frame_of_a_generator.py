# expect: ok
# tracer: 1
# stdout: b'[0, 1, 2]\n'
# why: a generator that waits shows its frame


def count():
    n = 0
    while n < 3:
        yield n
        n += 1


running = count()
running.gi_frame.f_trace = None
running.gi_frame.f_trace_lines = False
print(list(running))
