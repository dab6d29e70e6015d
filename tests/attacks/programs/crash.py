# expect: runtime_error
# why: a crash of the interpreter is the program's, and leaves no report
import ctypes

ctypes.string_at(0)
