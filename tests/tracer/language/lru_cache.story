line #0 line 1
    lru_cache#0 = <function lru_cache>
line #0 line 3
    fib#0 = <function fib>
line #0 line 5
call #1 fib(n=4) for #0
line #1 line 4
    n is 4
    n < 2 is False
    n is 4
    n - 1 is 3
call #2 fib(n=3) for #1
line #2 line 4
    n is 3
    n < 2 is False
    n is 3
    n - 1 is 2
call #3 fib(n=2) for #2
line #3 line 4
    n is 2
    n < 2 is False
    n is 2
    n - 1 is 1
call #4 fib(n=1) for #3
line #4 line 4
    n is 1
    n < 2 is True
    n is 1
    n if n < 2 else fib(n - 1) + fib(n - 2) is 1
return #4 1
    fib(n - 1) is 1
    n is 2
    n - 2 is 0
call #5 fib(n=0) for #3
line #5 line 4
    n is 0
    n < 2 is True
    n is 0
    n if n < 2 else fib(n - 1) + fib(n - 2) is 0
return #5 0
    fib(n - 2) is 0
    fib(n - 1) + fib(n - 2) is 1
    n if n < 2 else fib(n - 1) + fib(n - 2) is 1
return #3 1
    fib(n - 1) is 1
    n is 3
    n - 2 is 1
    fib(n - 2) is 1
    fib(n - 1) + fib(n - 2) is 2
    n if n < 2 else fib(n - 1) + fib(n - 2) is 2
return #2 2
    fib(n - 1) is 2
    n is 4
    n - 2 is 2
    fib(n - 2) is 1
    fib(n - 1) + fib(n - 2) is 3
    n if n < 2 else fib(n - 1) + fib(n - 2) is 3
return #1 3
    printed '3\n'
    fib(4) is 3
    print(fib(4)) is None
return #0 None
