# expect: runtime_error
# why: another program would not carry our limits' meaning
import os
import sys

os.execv(sys.executable or "/usr/local/bin/python3", ["python3", "-c", "print('escaped')"])
