# expect: cpu_limit
# why: the time of all threads together is what counts
import threading


def spin():
    while True:
        pass


for _ in range(8):
    threading.Thread(target=spin).start()
