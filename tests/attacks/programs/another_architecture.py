# expect: runtime_error
# why: calls by the numbers of another architecture pass a filter that reads numbers alone
import ctypes
import mmap
import platform

if platform.machine() != "x86_64":
    raise SystemExit(1)
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # getpid of 32 bits
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))())
