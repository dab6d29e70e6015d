line #0 line 1
    x#0 = 3
line #0 line 2
    x is 3
    x is 3
    x * x is 9
    y#0 = 9
line #0 line 3
    printed '9\n'
    y is 9
    print(y) is None
return #0 None
