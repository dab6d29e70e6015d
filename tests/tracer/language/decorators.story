line #0 line 1
    functools#0 = <module functools>
line #0 line 2
    twice#0 = <function twice>
line #0 line 8
call #1 twice(f=<function one>) for #0
line #1 line 4
    inner#1 = <function one>
line #1 line 6
    inner is <function one>
return #1 <function one>
    one#0 = <function one>
line #0 line 10
call #2 inner(args=tuple[1]) for #0
    f#2 = <function one>
line #2 line 5
    args is tuple[1]
call #3 one(x=1) for #2
line #3 line 9
    x is 1
return #3 list[1]
    f(*args) is list[1]
    args is tuple[1]
call #4 one(x=1) for #2
line #4 line 9
    x is 1
return #4 list[1]
    f(*args) is list[1]
    f(*args) + f(*args) is list[1, 1]
return #2 list[1, 1]
    printed '[1, 1]\n'
    one(1) is list[1, 1]
    print(one(1)) is None
return #0 None
