# expect: ok
# tracer: 1
# stdout: b'[1, 2]\n'
# why: threads are watched only if somebody asks for it before they start
import threading

threading.settrace(None)
found = []


def work():
    found.append(1)
    found.append(2)


thread = threading.Thread(target=work)
thread.start()
thread.join()
print(found)
