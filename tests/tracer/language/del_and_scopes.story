line #0 line 1
    x#0 = 1
line #0 line 2
    y#0 = dict['a': 1, 'b': 2]
line #0 line 3
    K#0 = <class K>
line #0 line 5
    K() is K[]
    k#0 = K[]
line #0 line 6
    k is K[v: 1]
    K[v: 1] has 1 at 'v'
line #0 line 7
    y is dict['b': 2]
    k is K[]
    dict['b': 2] has lost 'a'
    x#0 is gone
    K[] has lost 'v'
line #0 line 8
    printed "{'b': 2}\n"
    y is dict['b': 2]
    print(y) is None
return #0 None
