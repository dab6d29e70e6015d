line #0 line 1
    xs#0 = list[1, 2, 3]
line #0 line 2
    xs is list[1, 2, 3]
    (x * x for x in xs if x != 2) is <generator <genexpr>>
    g#0 = <generator <genexpr>>
line #0 line 3
    xs is list[1, 2, 3, 4]
    xs.append(4) is None
    now list[1, 2, 3, 4]
line #0 line 4
    printed '1\n'
    g is <generator <genexpr>>
    · with x = 1
    · x != 2 is True
    · x * x is 1
    next(g) is 1
    print(next(g)) is None
line #0 line 7
    rest#0 = <function rest>
line #0 line 11
    g is <generator <genexpr>>
call #1 rest(items=<generator <genexpr>>) for #0
line #1 line 8
    items is <generator <genexpr>>
    · with x = 2
    · x != 2 is False
    · with x = 3
    · x != 2 is True
    · x * x is 9
    · with x = 4
    · x != 2 is True
    · x * x is 16
    sum(items) is 25
return #1 25
    printed '25\n'
    rest(g) is 25
    print(rest(g)) is None
line #0 line 12
    xs is list[1, 2, 3, 4]
    (1 / 0 for x in xs) is <generator <genexpr>>
    never#0 = <generator <genexpr>>
line #0 line 13
    printed 'True 4\n'
    xs is list[1, 2, 3, 4]
    (x > 1 for x in xs) is <generator <genexpr>>
    · with x = 1
    · x > 1 is False
    · with x = 2
    · x > 1 is True
    any(x > 1 for x in xs) is True
    xs is list[1, 2, 3, 4]
    (y for y in xs) is <generator <genexpr>>
    · with y = 1
    · with y = 2
    · with y = 3
    · with y = 4
    max((y for y in xs), default=0) is 4
    print(any(x > 1 for x in xs), max((y for y in xs), default=0)) is None
line #0 line 14
    ((x, y) for x in (1, 2) for y in (x, x + 1)) is <generator <genexpr>>
    pairs#0 = <generator <genexpr>>
line #0 line 15
    pairs is <generator <genexpr>>
    · with x = 1
    · x + 1 is 2
    · with y = 1
    a#0 = 1
    b#0 = 1
line #0 line 16
    printed '1 1\n'
    a is 1
    b is 1
    print(a, b) is None
line #0 line 15
    · with y = 2
    b#0 = 2
line #0 line 16
    printed '1 2\n'
    a is 1
    b is 2
    print(a, b) is None
line #0 line 15
    · with x = 2
    · x + 1 is 3
    · with y = 2
    a#0 = 2
line #0 line 16
    printed '2 2\n'
    a is 2
    b is 2
    print(a, b) is None
line #0 line 15
    · with y = 3
    b#0 = 3
line #0 line 16
    printed '2 3\n'
    a is 2
    b is 3
    print(a, b) is None
line #0 line 15
line #0 line 17
    printed '[43, 43]\n'
    sum is <function sum>
    · with x = 10
    · (x + y for y in (1, 2)) is <generator <genexpr>>
    · with x = 20
    · (x + y for y in (1, 2)) is <generator <genexpr>>
    [(x + y for y in (1, 2)) for x in (10, 20)] is list[<generator <genexpr>>, <generator <genexpr>>]
    map(sum, [(x + y for y in (1, 2)) for x in (10, 20)]) is <iterator map>
    · with y = 1
    · x is 20
    · x + y is 21
    · with y = 2
    · x is 20
    · x + y is 22
    · with y = 1
    · x is 20
    · x + y is 21
    · with y = 2
    · x is 20
    · x + y is 22
    list(map(sum, [(x + y for y in (1, 2)) for x in (10, 20)])) is list[43, 43]
    print(list(map(sum, [(x + y for y in (1, 2)) for x in (10, 20)]))) is None
line #0 line 18
    (seen := v for v in (5, 6)) is <generator <genexpr>>
    late#0 = <generator <genexpr>>
line #0 line 21
    take#0 = <function take>
line #0 line 25
    late is <generator <genexpr>>
call #2 take(items=<generator <genexpr>>) for #0
line #2 line 22
    items is <generator <genexpr>>
    · with v = 5
    seen#0 = 5
    · seen := v is 5
    next(items) is 5
return #2 5
    printed '5 5\n'
    take(late) is 5
    seen is 5
    print(take(late), seen) is None
line #0 line 28
    bound_by_another#0 = <function bound_by_another>
line #0 line 37
call #3 bound_by_another() for #0
line #3 line 29
    (mine := v for v in (7, 8)) is <generator <genexpr>>
    late#3 = <generator <genexpr>>
line #3 line 31
    pull#3 = <function pull>
line #3 line 34
call #4 pull() for #3
    late#4 = <generator <genexpr>>
line #4 line 32
    late is <generator <genexpr>>
    · with v = 7
    · mine := v is 7
    next(late) is 7
return #4 7
    pull() is 7
    mine is 7
    mine#3 = 7
return #3 tuple[7, 7]
    printed '(7, 7)\n'
    bound_by_another() is tuple[7, 7]
    print(bound_by_another()) is None
return #0 None
