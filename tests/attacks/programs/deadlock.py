# expect: timeout
# why: waiting for oneself costs no processor time
import threading

lock = threading.Lock()
lock.acquire()
lock.acquire()
