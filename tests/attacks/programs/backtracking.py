# expect: cpu_limit
# why: a regular expression that holds the interpreter for longer than the universe lasts
import re

re.match(r"(a+)+$", "a" * 40 + "b")
