# expect: runtime_error
# why: named semaphores and segments outlive the process that made them
import multiprocessing

lock = multiprocessing.get_context("fork").Lock()
print("made")
