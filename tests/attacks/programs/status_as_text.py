# expect: runtime_error
# rc: 1
# trace: complete
# why: not hostile: a text given to exit is an error
import sys

sys.exit("no solution")
