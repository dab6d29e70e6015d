# expect: ok
# stdout: b'\xff\xfe\x00caf\xc3\xa9\xed\xa0\x80'
# why: not hostile: output is bytes
import sys

sys.stdout.buffer.write(b"\xff\xfe\0")
sys.stdout.reconfigure(errors="surrogatepass")
sys.stdout.write("caf\u00e9\ud800")
