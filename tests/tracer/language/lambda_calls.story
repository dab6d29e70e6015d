line #0 line 1
    fact#0 = <function <lambda>>
line #0 line 2
    printed '6\n'
    · with n = 3
    · n < 2 is False
    · n - 1 is 2
    · with n = 2
    · n < 2 is False
    · n - 1 is 1
    · with n = 1
    · n < 2 is True
    · 1 if n < 2 else n * fact(n - 1) is 1
    · fact(n - 1) is 1
    · n * fact(n - 1) is 2
    · 1 if n < 2 else n * fact(n - 1) is 2
    · fact(n - 1) is 2
    · n * fact(n - 1) is 6
    · 1 if n < 2 else n * fact(n - 1) is 6
    fact(3) is 6
    print(fact(3)) is None
line #0 line 3
    words#0 = list['bb', 'a']
line #0 line 4
    words is list['a', 'bb']
    · with w = 'bb'
    · len(w) is 2
    · with w = 'a'
    · len(w) is 1
    words.sort(key=lambda w: (len(w), w)) is None
    list['a', 'bb'] has 'a' at 0
    list['a', 'bb'] has 'bb' at 1
line #0 line 5
    printed "['a', 'bb'] [2, 1]\n"
    words is list['a', 'bb']
    · with v = 1
    · -v is -1
    · with v = 2
    · -v is -2
    sorted([1, 2], key=lambda v: -v) is list[2, 1]
    print(words, sorted([1, 2], key=lambda v: -v)) is None
line #0 line 6
    same#0 = <function <lambda>>
    none#0 = <function <lambda>>
    two#0 = <function <lambda>>
line #0 line 7
    printed '5 None 2\n'
    · with v = 5
    same(5) is 5
    none() is None
    · words is list['a', 'bb']
    · len(words) is 2
    two() is 2
    print(same(5), none(), two()) is None
line #0 line 8
    every#0 = <function <lambda>>
line #0 line 9
    printed '9\n'
    · with a = 1
    · with b = 2
    · with k = 4
    · with rest = tuple[3]
    · with more = dict['z': 5]
    · a + b is 3
    · a + b + k is 7
    · len(rest) is 1
    · a + b + k + len(rest) is 8
    · len(more) is 1
    · a + b + k + len(rest) + len(more) is 9
    every(1, 2, 3, k=4, z=5) is 9
    print(every(1, 2, 3, k=4, z=5)) is None
line #0 line 10
    count#0 = <function <lambda>>
line #0 line 11
    printed '4\n'
    · with n = 1
    · n is 1
    · n + 1 is 2
    · n := n + 1 is 2
    · n is 2
    · (n := n + 1) + n is 4
    count(1) is 4
    print(count(1)) is None
line #0 line 14
    square#0 = <function square>
line #0 line 18
    pick#0 = <function pick>
line #0 line 22
call #1 pick(v=2, how=<function <lambda>>) for #0
line #1 line 19
    v is 2
call #2 square(v=2) for #1
line #2 line 15
    v is 2
    v is 2
    v * v is 4
return #2 4
    how(v) is 4
return #1 4
    printed '4 [4, 6]\n'
    pick(2) is 4
    map(lambda p, q: p + q, [1, 2], [3, 4]) is <iterator map>
    · with p = 1
    · with q = 3
    · p + q is 4
    · with p = 2
    · with q = 4
    · p + q is 6
    list(map(lambda p, q: p + q, [1, 2], [3, 4])) is list[4, 6]
    print(pick(2), list(map(lambda p, q: p + q, [1, 2], [3, 4]))) is None
line #0 line 23
    · with by = 1
    · with by = 2
    [lambda v, by=by: v + by for by in (1, 2)] is list[<function <lambda>>, <function <lambda>>]
    adders#0 = list[<function <lambda>>, <function <lambda>>]
line #0 line 24
    printed '[2, 3]\n'
    adders is list[<function <lambda>>, <function <lambda>>]
    · with add = <function <lambda>>
    · with v = 1
    · with by = 1
    · v + by is 2
    · add(1) is 2
    · with add = <function <lambda>>
    · with v = 1
    · with by = 2
    · v + by is 3
    · add(1) is 3
    [add(1) for add in adders] is list[2, 3]
    print([add(1) for add in adders]) is None
return #0 None
