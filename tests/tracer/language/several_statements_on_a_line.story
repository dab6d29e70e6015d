line #0 line 1
    a#0 = 1
line #0 line 1
    a is 1
    a + 1 is 2
    b#0 = 2
line #0 line 1
    b is 2
    a#0 = 3
line #0 line 2
    a is 3
line #0 line 2
    c#0 = 2
line #0 line 2
    c is 2
    d#0 = 2
line #0 line 3
    range(2) is range(0, 2)
    i#0 = 0
line #0 line 3
    i is 0
line #0 line 3
    i#0 = 1
line #0 line 3
    i is 1
    a#0 = 4
line #0 line 3
return #0 None
