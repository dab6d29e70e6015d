# expect: memory_limit,cpu_limit
# why: a few kilobytes that become gigabytes inside one call
import zlib

data = zlib.compress(bytes(1 << 24), 9)
pieces = []
while True:
    pieces.append(zlib.decompress(data))
