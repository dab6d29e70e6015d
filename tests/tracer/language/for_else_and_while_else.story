line #0 line 1
    range(3) is range(0, 3)
    i#0 = 0
line #0 line 2
    i is 0
    i == 5 is False
line #0 line 1
    i#0 = 1
line #0 line 2
    i is 1
    i == 5 is False
line #0 line 1
    i#0 = 2
line #0 line 2
    i is 2
    i == 5 is False
line #0 line 1
line #0 line 5
    printed 'none\n'
    print('none') is None
line #0 line 6
    k#0 = 2
line #0 line 7
    k is 2
line #0 line 8
    k#0 = 1
line #0 line 9
    k is 1
    k == 1 is True
line #0 line 10
line #0 line 7
    k is 1
line #0 line 8
    k#0 = 0
line #0 line 9
    k is 0
    k == 1 is False
line #0 line 7
    k is 0
line #0 line 12
    printed 'ended\n'
    print('ended') is None
return #0 None
