line #0 line 1
    add#0 = <function add>
line #0 line 3
    square#0 = <function <lambda>>
line #0 line 4
call #1 add(a=1, b=2, c=4, rest=tuple[3], more=dict['d': 5]) for #0
line #1 line 2
    a is 1
    b is 2
    a + b is 3
    rest is tuple[3]
    sum(rest) is 3
    a + b + sum(rest) is 6
    c is 4
    a + b + sum(rest) + c is 10
return #1 10
    printed '10 9\n'
    add(1, 2, 3, c=4, d=5) is 10
    · with v = 3
    · v * v is 9
    square(3) is 9
    print(add(1, 2, 3, c=4, d=5), square(3)) is None
return #0 None
