line #0 line 1
    numbers#0 = <function numbers>
line #0 line 6
    outer#0 = <function outer>
line #0 line 9
    outer() is <generator outer>
    g#0 = <generator outer>
line #0 line 10
    g is <generator outer>
call #1 outer() for #0
line #1 line 7
    numbers(1) is <generator numbers>
call #2 numbers(n=1) for #1
line #2 line 2
yield #2 0
yield #1 0
    next(g) is 0
    g is <generator outer>
resume #1
resume #2
    yield 0 is 7
    got#2 = 7
line #2 line 3
    n is 1
    range(n) is range(0, 1)
    i#2 = 0
line #2 line 4
    got is 7
    got is None is False
    got is 7
    i if got is None else got is 7
yield #2 7
yield #1 7
    g.send(7) is 7
    g is <generator outer>
resume #1
resume #2
    yield i if got is None else got is None
    got#2 = None
line #2 line 3
line #2 line 5
return #2 'done'
    yield from numbers(1) is 'done'
    end#1 = 'done'
line #1 line 8
    end is 'done'
yield #1 'done'
    printed '0 7 done\n'
    next(g) is 'done'
    print(next(g), g.send(7), next(g)) is None
return #0 None
