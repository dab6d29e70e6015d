line #0 line 1
    sys#0 = <module sys>
    threading#0 = <module threading>
line #0 line 2
    sys is <module sys>
    sys.setrecursionlimit(5000) is None
line #0 line 3
    threading is <module threading>
    64 * 1024 is 65536
    64 * 1024 * 1024 is 67108864
    threading.stack_size(64 * 1024 * 1024) is 0
line #0 line 4
    out#0 = list[]
line #0 line 5
    deep#0 = <function deep>
line #0 line 7
    main#0 = <function main>
line #0 line 9
    threading is <module threading>
    main is <function main>
    threading.Thread(target=main) is <object Thread>
    t#0 = <object Thread>
line #0 line 10
    t is <object Thread>
    t.start() is None
    t is <object Thread>
call #1 main() for #0
line #1 line 8
    out is list[]
call #2 deep(n=3) for #1
line #2 line 6
    n is 3
    n == 0 is False
    n is 3
    n - 1 is 2
call #3 deep(n=2) for #2
line #3 line 6
    n is 2
    n == 0 is False
    n is 2
    n - 1 is 1
call #4 deep(n=1) for #3
line #4 line 6
    n is 1
    n == 0 is False
    n is 1
    n - 1 is 0
call #5 deep(n=0) for #4
line #5 line 6
    n is 0
    n == 0 is True
    0 if n == 0 else 1 + deep(n - 1) is 0
return #5 0
    deep(n - 1) is 0
    1 + deep(n - 1) is 1
    0 if n == 0 else 1 + deep(n - 1) is 1
return #4 1
    deep(n - 1) is 1
    1 + deep(n - 1) is 2
    0 if n == 0 else 1 + deep(n - 1) is 2
return #3 2
    deep(n - 1) is 2
    1 + deep(n - 1) is 3
    0 if n == 0 else 1 + deep(n - 1) is 3
return #2 3
    deep(3) is 3
    out.append(deep(3)) is None
    now list[3]
return #1 None
    t.join() is None
    t.start() or t.join() is None
line #0 line 11
    printed '[3]\n'
    out is list[3]
    print(out) is None
return #0 None
