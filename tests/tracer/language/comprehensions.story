line #0 line 1
    n#0 = 3
line #0 line 2
    n is 3
    range(n) is range(0, 3)
    · with i = 0
    · i != 1 is True
    · i * i is 0
    · with i = 1
    · i != 1 is False
    · with i = 2
    · i != 1 is True
    · i * i is 4
    [i * i for i in range(n) if i != 1] is list[0, 4]
    squares#0 = list[0, 4]
line #0 line 3
    range(2) is range(0, 2)
    · with i = 0
    · range(i) is range(0, 0)
    · with i = 1
    · range(i) is range(0, 1)
    · with j = 0
    · i + j is 1
    {(i, j): i + j for i in range(2) for j in range(i)} is dict[Ref(id=2): 1]
    pairs#0 = dict[Ref(id=2): 1]
line #0 line 4
    · with c = 'a'
    · with c = 'a'
    {c for c in 'aa'} is set['a']
    letters#0 = set['a']
line #0 line 5
    squares is list[0, 4]
    (v for v in squares) is <generator <genexpr>>
    · with v = 0
    · with v = 4
    sum(v for v in squares) is 4
    total#0 = 4
line #0 line 6
    printed "[0, 4] {(1, 0): 1} {'a'} 4\n"
    squares is list[0, 4]
    pairs is dict[Ref(id=2): 1]
    letters is set['a']
    total is 4
    print(squares, pairs, letters, total) is None
return #0 None
