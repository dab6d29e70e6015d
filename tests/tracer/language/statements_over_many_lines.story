line #0 line 1
    1 + … is 3
    total#0 = 3
line #0 line 5
    total is 3
    total is 3
    total * 2 is 6
    values#0 = list[3, 6]
line #0 line 9
    printed '6\n'
    values is list[3, 6]
    max( … is 6
    print( … is None
return #0 None
