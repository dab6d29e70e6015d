# expect: ok
# tracer: 1
# stdout: b'[1, 2]\n'
# why: the module beneath starts threads that nobody watches
import _thread

found = []
done = _thread.allocate_lock()
done.acquire()


def work():
    found.append(1)
    found.append(2)
    done.release()


_thread.start_new_thread(work, ())
done.acquire()
print(found)
