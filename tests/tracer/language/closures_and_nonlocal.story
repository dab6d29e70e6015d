line #0 line 1
    counter#0 = <function counter>
line #0 line 8
call #1 counter() for #0
line #1 line 2
    n#1 = 0
line #1 line 3
    up#1 = <function up>
line #1 line 7
    up is <function up>
return #1 <function up>
    counter() is <function up>
    up#0 = <function up>
line #0 line 9
call #2 up(by=2) for #0
    n#2 = 0
line #2 line 5
    by is 2
    n#2 = 2
line #2 line 6
    n is 2
return #2 2
    up(2) is 2
line #0 line 10
call #3 up(by=3) for #0
    n#3 = 2
line #3 line 5
    by is 3
    n#3 = 5
line #3 line 6
    n is 5
return #3 5
    printed '5\n'
    up(3) is 5
    print(up(3)) is None
return #0 None
