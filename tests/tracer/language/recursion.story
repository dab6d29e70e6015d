line #0 line 1
    fact#0 = <function fact>
line #0 line 5
call #1 fact(n=3) for #0
line #1 line 2
    n is 3
    n <= 1 is False
line #1 line 4
    n is 3
    n is 3
    n - 1 is 2
call #2 fact(n=2) for #1
line #2 line 2
    n is 2
    n <= 1 is False
line #2 line 4
    n is 2
    n is 2
    n - 1 is 1
call #3 fact(n=1) for #2
line #3 line 2
    n is 1
    n <= 1 is True
line #3 line 3
return #3 1
    fact(n - 1) is 1
    n * fact(n - 1) is 2
return #2 2
    fact(n - 1) is 2
    n * fact(n - 1) is 6
return #1 6
    printed '6\n'
    fact(3) is 6
    print(fact(3)) is None
return #0 None
