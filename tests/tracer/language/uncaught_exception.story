line #0 line 1
    f#0 = <function f>
line #0 line 3
call #1 f(xs=list[1]) for #0
line #1 line 2
    xs is list[1]
exception #1 IndexError: list index out of range
unwind #1
exception #0 IndexError: list index out of range
unwind #0
