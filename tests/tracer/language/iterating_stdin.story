line #0 line 1
    sys#0 = <module sys>
line #0 line 2
    read 2
    sys is <module sys>
    sys.stdin is <object CountedText>
    line#0 = 'x\n'
line #0 line 3
    printed 'x;'
    line is 'x\n'
    line.strip() is 'x'
    print(line.strip(), end=';') is None
line #0 line 2
    read 2
    line#0 = 'y\n'
line #0 line 3
    printed 'y;'
    line is 'y\n'
    line.strip() is 'y'
    print(line.strip(), end=';') is None
line #0 line 2
return #0 None
