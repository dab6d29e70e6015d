line #0 line 1
    a#0 = 1
    b#0 = 2
    c#0 = list[3, 4]
    d#0 = 5
line #0 line 2
    d is 5
    a is 1
    a#0 = 5
    d#0 = 1
line #0 line 3
    row#0 = list[1, 2, 3]
line #0 line 4
    row is list[3, 2, 1]
    row[2] is 3
    row is list[3, 2, 1]
    row[0] is 1
    row is list[3, 2, 1]
    row is list[3, 2, 1]
    list[3, 2, 1] has 3 at 0
    list[3, 2, 1] has 1 at 2
line #0 line 5
    now list[3, 2, 1, 9]
line #0 line 6
    now list[3, 2, 1, 9, 3, 2, 1, 9]
line #0 line 7
    bits#0 = 6
line #0 line 8
    bits#0 = 7
line #0 line 9
    bits#0 = 28
line #0 line 10
    row is list[2, 1, 9, 3, 2, 1, 9]
    c is list[]
    now list[2, 1, 9, 3, 2, 1, 9]
    now list[]
line #0 line 11
    printed '5 2 [] 1 [2, 1, 9, 3, 2, 1, 9] 28\n'
    a is 5
    b is 2
    c is list[]
    d is 1
    row is list[2, 1, 9, 3, 2, 1, 9]
    bits is 28
    print(a, b, c, d, row, bits) is None
return #0 None
