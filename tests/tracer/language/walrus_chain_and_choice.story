line #0 line 1
    data#0 = list[4, 0]
line #0 line 2
    data is list[4, 0]
    len(data) is 2
    n := len(data) is 2
    n#0 = 2
    (n := len(data)) > 1 is True
    n is 2
    1 < n < 5 is True
    (n := len(data)) > 1 and 1 < n < 5 is True
line #0 line 3
    data is list[4, 0]
    data[0] is 4
    data is list[4, 0]
    data[1] is 0
    data[0] >= data[1] is True
    data is list[4, 0]
    data[0] is 4
    data[0] if data[0] >= data[1] else data[1] is 4
    best#0 = 4
line #0 line 4
    data is list[4]
    data.pop() is 0
    v := data.pop() is 0
    v#0 = 0
    (v := data.pop()) == 0 is True
    now list[4]
line #0 line 5
line #0 line 4
    data is list[]
    data.pop() is 4
    v := data.pop() is 4
    v#0 = 4
    (v := data.pop()) == 0 is False
    now list[]
line #0 line 6
    printed '4 4 2\n'
    best is 4
    v is 4
    n is 2
    n or 1 / 0 is 2
    print(best, v, n or 1 / 0) is None
return #0 None
