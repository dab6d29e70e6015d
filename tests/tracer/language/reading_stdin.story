line #0 line 1
    os#0 = <module os>
    sys#0 = <module sys>
line #0 line 2
    read 2
    input() is '5'
    int(input()) is 5
    n#0 = 5
line #0 line 3
    read 5
    sys is <module sys>
    sys.stdin is <object CountedText>
    sys.stdin.readline() is 'line\n'
    line#0 = 'line\n'
line #0 line 4
    read 6
    sys is <module sys>
    sys.stdin is <object CountedText>
    sys.stdin.read() is '1 2\n3\n'
    sys.stdin.read().split() is list['1', '2', '3']
    · with v = '1'
    · int(v) is 1
    · with v = '2'
    · int(v) is 2
    · with v = '3'
    · int(v) is 3
    [int(v) for v in sys.stdin.read().split()] is list[1, 2, 3]
    rest#0 = list[1, 2, 3]
line #0 line 5
    printed '5 line\n [1, 2, 3]\n'
    n is 5
    line is 'line\n'
    rest is list[1, 2, 3]
    print(n, line, rest) is None
return #0 None
