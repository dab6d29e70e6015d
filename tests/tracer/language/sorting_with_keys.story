line #0 line 1
    rank#0 = <function rank>
line #0 line 3
    words#0 = list['bb', 'a', 'c']
line #0 line 4
    words is list['bb', 'a', 'c']
    rank is <function rank>
call #1 rank(word='bb') for #0
line #1 line 2
    word is 'bb'
    len(word) is 2
    word is 'bb'
return #1 tuple[2, 'bb']
call #2 rank(word='a') for #0
line #2 line 2
    word is 'a'
    len(word) is 1
    word is 'a'
return #2 tuple[1, 'a']
call #3 rank(word='c') for #0
line #3 line 2
    word is 'c'
    len(word) is 1
    word is 'c'
return #3 tuple[1, 'c']
    words.sort(key=rank, reverse=True) is None
    list['bb', 'c', 'a'] has 'c' at 1
    list['bb', 'c', 'a'] has 'a' at 2
line #0 line 5
    words is list['bb', 'c', 'a']
    · with w = 'bb'
    · with w = 'c'
    · with w = 'a'
    max(words, key=lambda w: w) is 'c'
    best#0 = 'c'
return #0 None
