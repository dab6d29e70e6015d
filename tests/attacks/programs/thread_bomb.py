# expect: runtime_error,timeout,memory_limit
# why: threads are capped, and those that sleep still end
import threading
import time

while True:
    threading.Thread(target=time.sleep, args=(1000,)).start()
