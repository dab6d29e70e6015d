# expect: ok
# tracer: 1
# stdout: b'[3]\n'
# why: a thread that is started without a hook is not recorded
import threading

(lambda: threading.settrace(None))()
out = []


def work():
    a = 1
    a += 2
    out.append(a)


t = threading.Thread(target=work)
t.start()
t.join()
print(out)
