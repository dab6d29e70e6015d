# expect: output_limit
# why: two full pipes must not stall whoever reads them in turn
import sys
import threading


def flood(stream):
    while True:
        stream.write("x" * 5000)


threading.Thread(target=flood, args=(sys.stderr,)).start()
flood(sys.stdout)
