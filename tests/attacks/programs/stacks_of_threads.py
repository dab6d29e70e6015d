# expect: runtime_error,memory_limit
# why: address space taken by stacks that nobody uses
import threading
import time

threading.stack_size(1 << 30)
for _ in range(64):
    threading.Thread(target=time.sleep, args=(1,)).start()
