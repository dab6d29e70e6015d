line #0 line 1
    kind#0 = <function kind>
line #0 line 11
call #1 kind(v=list[1, 2]) for #0
line #1 line 2
    v is list[1, 2]
line #1 line 3
    x is 1
    x > 0 is True
    x#1 = 1
    rest#1 = list[2]
line #1 line 4
    x is 1
    rest is list[2]
return #1 tuple[1, list[2]]
    kind([1, 2]) is tuple[1, list[2]]
call #2 kind(v=dict['k': 3]) for #0
line #2 line 2
    v is dict['k': 3]
line #2 line 3
line #2 line 5
    w#2 = 3
line #2 line 6
    w is 3
return #2 3
    kind({'k': 3}) is 3
call #3 kind(v='s') for #0
line #3 line 2
    v is 's'
line #3 line 3
line #3 line 5
line #3 line 7
line #3 line 8
return #3 'text'
    kind('s') is 'text'
call #4 kind(v=5) for #0
line #4 line 2
    v is 5
line #4 line 3
line #4 line 5
line #4 line 7
line #4 line 9
line #4 line 10
    v is 5
return #4 5
    printed '(1, [2]) 3 text 5\n'
    kind(5) is 5
    print(kind([1, 2]), kind({'k': 3}), kind('s'), kind(5)) is None
return #0 None
