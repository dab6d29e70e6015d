# expect: memory_limit,runtime_error
# why: memory that the interpreter's allocator never sees
import mmap

pieces = []
while True:
    piece = mmap.mmap(-1, 64 << 20)
    for page in range(0, 64 << 20, 4096):
        piece[page] = 1
    pieces.append(piece)
