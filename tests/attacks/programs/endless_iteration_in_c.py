# expect: cpu_limit
# why: no byte code runs and no signal handler of the interpreter is ever called
import itertools

sum(itertools.repeat(0))
