line #0 line 1
    xs#0 = list[3, 1, 2]
    k#0 = 10
line #0 line 2
    printed '[30]\n'
    xs is list[3, 1, 2]
    · with x = 3
    · x > 1 is True
    · x % 2 is 1
    · k is 10
    · x * k is 30
    · with x = 1
    · x > 1 is False
    · with x = 2
    · x > 1 is True
    · x % 2 is 0
    [x * k for x in xs if x > 1 if x % 2] is list[30]
    print([x * k for x in xs if x > 1 if x % 2]) is None
line #0 line 3
    printed '{3: -3, 1: -1, 2: -2} {0, 1}\n'
    xs is list[3, 1, 2]
    · with x = 3
    · -x is -3
    · with x = 1
    · -x is -1
    · with x = 2
    · -x is -2
    {x: -x for x in xs} is dict[3: -3, 1: -1, 2: -2]
    xs is list[3, 1, 2]
    · with x = 3
    · x % 2 is 1
    · with x = 1
    · x % 2 is 1
    · with x = 2
    · x % 2 is 0
    {x % 2 for x in xs} is set[0, 1]
    print({x: -x for x in xs}, {x % 2 for x in xs}) is None
line #0 line 4
    printed '[1, 3]\n'
    · with row = list[1, 2]
    · with x = 1
    · x != 2 is True
    · with x = 2
    · x != 2 is False
    · with row = list[3]
    · with x = 3
    · x != 2 is True
    [x for row in [[1, 2], [3]] for x in row if x != 2] is list[1, 3]
    print([x for row in [[1, 2], [3]] for x in row if x != 2]) is None
line #0 line 5
    printed '[3, 9]\n'
    · with a = 1
    · with b = 2
    · with c = list[3]
    · a + b is 3
    · with a = 4
    · with b = 5
    · with c = list[]
    · a + b is 9
    [a + b for a, (b, *c) in [(1, (2, 3)), (4, [5])]] is list[3, 9]
    print([a + b for a, (b, *c) in [(1, (2, 3)), (4, [5])]]) is None
line #0 line 6
    printed '[[0], [0, 2]]\n'
    · with x = 1
    · range(x) is range(0, 1)
    · with y = 0
    · y * x is 0
    · [y * x for y in range(x)] is list[0]
    · with x = 2
    · range(x) is range(0, 2)
    · with y = 0
    · y * x is 0
    · with y = 1
    · y * x is 2
    · [y * x for y in range(x)] is list[0, 2]
    [[y * x for y in range(x)] for x in (1, 2)] is list[list[0], list[0, 2]]
    print([[y * x for y in range(x)] for x in (1, 2)]) is None
line #0 line 7
    printed "[0, 0, 0] [(0, 'a'), (1, 'b')]\n"
    xs is list[3, 1, 2]
    · with _ = 3
    · with _ = 1
    · with _ = 2
    [0 for _ in xs] is list[0, 0, 0]
    enumerate('ab') is <iterator enumerate>
    · with i = 0
    · with v = 'a'
    · with i = 1
    · with v = 'b'
    [(i, v) for i, v in enumerate('ab')] is list[tuple[0, 'a'], tuple[1, 'b']]
    print([0 for _ in xs], [(i, v) for i, v in enumerate('ab')]) is None
line #0 line 8
    printed '2 [2, 3] 3\n'
    x := 1 is 1
    x#0 = 1
    x is 1
    last := x is 1
    last#0 = 1
    x is 1
    last is 1
    x + last is 2
    [last := x, x + last][1] is 2
    [last := x, x + last][1] if (x := 1) else 0 is 2
    · with v = 1
    · v + 1 is 2
    y#0 = 2
    · y := v + 1 is 2
    · with v = 2
    · v + 1 is 3
    y#0 = 3
    · y := v + 1 is 3
    [y := v + 1 for v in (1, 2)] is list[2, 3]
    y is 3
    print([last := x, x + last][1] if (x := 1) else 0, [y := v + 1 for v in (1, 2)], y) is None
return #0 None
