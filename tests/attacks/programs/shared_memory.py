# expect: runtime_error
# why: a named segment is a file that stays
from multiprocessing import shared_memory

shared_memory.SharedMemory("nlex-left", create=True, size=1 << 20)
print("made")
